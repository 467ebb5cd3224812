import type { Structured } from '../load.ts'
import { convert } from './convert.ts'
import { renderJsonSchema } from './json-schema.ts'
import { readStructured } from './structured.ts'

/** The reader and the writers of structured files. */
export const structured: Structured = { readStructured, convert, renderJsonSchema }
