import type { BareOption } from '../option.ts'
import type { OptionTable } from '../options.ts'
import type { LeafShape, MapShape, Shape } from './shape.ts'
import { fileShape } from './shapes/file.ts'

type Json = { readonly [key: string]: unknown }

/** The JSON Schema (draft 7, which editors know best) of structured files, made of the tables that they are read by. */
export function renderJsonSchema(table: OptionTable): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Sidegate, structured configuration (--alpha-config)',
    ...toSchema(fileShape(table), '#'),
  }
  return `${JSON.stringify(schema, undefined, 1)}\n`
}

/** The schema of a place; `pointer` is where it stands in the whole (RFC 6901). */
function toSchema(shape: Shape, pointer: string, { loose }: Pick<MapShape, 'loose'> = {}): Json {
  if (shape.kind === 'leaf') return toLeaf(shape, loose)
  // An empty key is one that is not given.
  if (shape.kind === 'list') {
    return {
      description: shape.about,
      type: ['array', 'null'],
      items: toSchema(shape.of, `${pointer}/items`),
    }
  }
  const properties = Object.entries(shape.keys).map(([key, of]) => [
    key,
    toSchema(of, `${pointer}/properties/${key}`, shape),
  ])
  return {
    description: shape.about,
    type: ['object', 'null'],
    properties: Object.fromEntries(properties),
    patternProperties: Object.fromEntries(
      Object.keys(shape.keys).map((key) => [
        otherSpellings(key, shape),
        { $ref: `${pointer}/properties/${key}` },
      ]),
    ),
    additionalProperties: false,
  }
}

/** Pattern of the ways in which a key may be written beside its own: in any case, options also with other separators. */
function otherSpellings(key: string, { loose }: MapShape): string {
  const letters = loose ? key.replaceAll(/[-_]/gu, '') : key
  const any = Array.from(letters, (letter) =>
    /[a-z]/iu.test(letter) ? `[${letter.toLowerCase()}${letter.toUpperCase()}]` : letter,
  )
  return `^${any.join(loose ? '[-_]*' : '')}$`
}

function toLeaf({ option, bytes }: LeafShape, loose?: true): Json {
  const shown = option.secret || option.default === '' ? {} : { default: option.default }
  return { description: option.about, ...shown, ...typeOf(option, { bytes, loose }) }
}

/** Text in which a variable stands, whose value is the boolean or number. */
const VARIABLE = { type: 'string', pattern: '\\$' }

interface Form {
  readonly bytes: boolean | undefined
  readonly loose: boolean | undefined
}

function typeOf(option: BareOption, { bytes, loose }: Form): Json {
  switch (option.kind) {
    case 'boolean':
      return { anyOf: [{ type: ['boolean', 'null'] }, VARIABLE] }
    case 'integer':
      return {
        anyOf: [{ type: ['integer', 'null'], minimum: option.min ?? 0, maximum: option.max }, VARIABLE],
      }
    case 'duration':
      return { type: ['string', 'number', 'null'] }
    case 'list':
      return {
        anyOf: [
          { type: ['array', 'null'], items: { type: 'string' } },
          loose ? { type: 'string' } : VARIABLE,
        ],
      }
    case 'enum':
      return { anyOf: [{ enum: [...option.values, null] }, VARIABLE] }
    default:
      return bytes
        ? {
            anyOf: [
              { type: ['string', 'null'] },
              { type: 'array', items: { type: 'integer', minimum: 0, maximum: 255 } },
            ],
          }
        : { type: ['string', 'null'] }
  }
}
