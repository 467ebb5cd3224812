import type { Fault } from './fault.ts'
import { MACHINE } from './machine.ts'
import { NEIGHBOURS } from './neighbours.ts'
import { PROVIDER } from './provider.ts'

/** The faults that take turns. The restart is not one of them: memory is measured from one to the next. */
export const FAULTS: readonly Fault[] = [...MACHINE, ...PROVIDER, ...NEIGHBOURS]
