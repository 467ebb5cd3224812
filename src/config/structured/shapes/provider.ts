import type { OptionTable } from '../../options.ts'
import { leaf, type MapShape, optionsBelow, PROVIDERS, type Shape, toKeys } from '../shape.ts'
import { text } from './secret.ts'

const LOGIN_PARAMETERS: Shape = {
  kind: 'list',
  about: 'Parameters of the sign-in address at the provider.',
  of: {
    kind: 'map',
    about: 'One parameter.',
    keys: {
      name: text('Its name, once in the list.'),
      default: leaf({
        kind: 'list',
        default: [],
        about: 'Values that are sent unless the query of /oauth2/start gives allowed ones.',
      }),
      allow: {
        kind: 'list',
        about: 'What /oauth2/start may give in its query; without any rule the default is fixed.',
        of: {
          kind: 'map',
          about: 'A rule; give one of these.',
          keys: {
            value: leaf({ kind: 'string', default: '', about: 'This value.' }),
            pattern: leaf({
              kind: 'string',
              default: '',
              placeholders: 'meant',
              about:
                'Every value that this pattern (RE2) matches somewhere; begin with ^ and end with $ to match it whole.',
            }),
          },
        },
      },
    },
  },
}

const PROVIDER_MAPS: Readonly<Record<string, string>> = {
  oidcConfig: 'OpenID Connect: issuer, claims and checks.',
}

/** An entry of `providers`: options of every kind by their place, and what no option can say. */
export function providerShape(table: OptionTable): MapShape {
  const keys = toKeys(table, optionsBelow(table, PROVIDERS), PROVIDER_MAPS)
  return {
    kind: 'map',
    about: 'A place to sign in at.',
    keys: {
      id: text('Its name in addresses and in the log, `provider` unless it is given. No two have the same.'),
      ...keys,
      emailDomains: leaf({
        kind: 'list',
        default: [],
        about:
          'E-mail domains of its people that may sign in, in place of `email_domains`; an address of `authenticated_emails_file` may in any case.',
      }),
      domains: leaf({
        kind: 'list',
        default: [],
        about:
          'E-mail domains that it is trusted for, as `email_domains` has them: its people with other addresses are refused, and so are people of a provider that does not name the domain. The sign-in page has a field for the address that leads here.',
      }),
      loginURLParameters: LOGIN_PARAMETERS,
      additionalClaims: leaf({
        kind: 'list',
        default: [],
        about:
          'Further claims of the ID token or user-info that the session keeps and /oauth2/userinfo tells. Those that headers name are kept without it.',
      }),
    },
  }
}
