/** Kind of an attribute by what its value does; `unsafe` is what decides about other content. */
type Kind = 'plain' | 'unsafe' | 'url' | 'srcset' | 'style' | 'script'

const KINDS: Readonly<Record<string, Kind>> = Object.assign(
  // Names such as `constructor` must find nothing.
  Object.create(null),
  named(
    'url',
    'action archive background cite classid codebase data formaction href icon longdesc manifest poster profile src usemap xmlns',
  ),
  named(
    'unsafe',
    'accept-charset async challenge charset content crossorigin defer enctype form formenctype formmethod formnovalidate http-equiv keytype language method novalidate pattern rel sandbox srcdoc type value',
  ),
  named('plain', 'srclang'),
  { srcset: 'srcset', style: 'style' },
)

function named(kind: Kind, names: string): Record<string, Kind> {
  return Object.fromEntries(names.split(' ').map((name) => [name, kind]))
}

/** Kind of an attribute, by its name in lower case; `data-` and prefixes such as `xlink:` do not count. */
export function attributeKindOf(fullName: string): Kind {
  const colon = fullName.indexOf(':')
  if (colon !== -1 && !fullName.startsWith('data-') && fullName.slice(0, colon) === 'xmlns') return 'url'
  const name = fullName.startsWith('data-') ? fullName.slice(5) : fullName.slice(colon + 1)
  const known = KINDS[name]
  if (known !== undefined) return known
  if (name.startsWith('on')) return 'script'
  return /src|uri|url/u.test(name) ? 'url' : 'plain'
}
