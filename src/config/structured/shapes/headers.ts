import { leaf, type MapShape, type Shape } from '../shape.ts'
import { SECRET, text } from './secret.ts'

const HEADER_VALUE: MapShape = {
  kind: 'map',
  about: 'A value; give claimSource or secretSource.',
  keys: {
    claimSource: {
      kind: 'map',
      about: 'A claim of the person or a token of the session.',
      keys: {
        claim: text(
          'user, email, groups, preferred_username, created_at, expires_on, access_token, id_token, refresh_token, or any claim of the ID token or of user-info; dots walk into objects.',
        ),
        claims: leaf({
          kind: 'list',
          default: [],
          about: 'Claims of which the first that has a value counts, in place of claim. Not in oauth2-proxy.',
        }),
        prefix: leaf({ kind: 'string', default: '', about: 'Stands before the value.' }),
        basicAuthPassword: { ...SECRET, about: 'Makes Basic credentials of the claim and this password.' },
      },
    },
    secretSource: SECRET,
  },
}

/** A list of headers of one direction. */
export function headersShape(about: string): Shape {
  return {
    kind: 'list',
    about,
    of: {
      kind: 'map',
      about: 'A header line.',
      keys: {
        name: text('Its name, once in the list.'),
        preserveRequestValue: leaf({
          kind: 'boolean',
          default: false,
          about:
            'Keep what the client sends under this name, and put the values behind it. Dangerous; towards apps only.',
        }),
        InsecureSkipHeaderNormalization: leaf({
          kind: 'boolean',
          default: false,
          about:
            'Accepted, and nothing to change: what clients send is deleted in every spelling that an app could take for the name. true is warned about.',
        }),
        values: {
          kind: 'list',
          about: 'Values, joined by commas. An empty list deletes what the client sends.',
          of: HEADER_VALUE,
        },
      },
    },
  }
}
