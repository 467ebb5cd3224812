import { type LeafShape, leaf, type MapShape } from '../shape.ts'

/** A secret by value, variable or file. */
export const SECRET: MapShape = {
  kind: 'map',
  about: 'A secret; give one of these.',
  keys: {
    value: {
      ...leaf({
        kind: 'string',
        default: '',
        secret: true,
        about:
          'The secret as it stands here, as in oauth2-proxy since 7.14; `!!binary` in front decodes base64.',
      }),
      bytes: true,
    },
    fromEnv: leaf({ kind: 'string', default: '', about: 'Variable that holds it.' }),
    fromFile: leaf({ kind: 'file', default: '', about: 'File that holds it, read again when it changes.' }),
  },
}

/** A text that no option of the command line is the same as. */
export function text(about: string): LeafShape {
  return leaf({ kind: 'string', default: '', about })
}
