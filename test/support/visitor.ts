import type { HeaderLines, Peer } from '../../src/platform.ts'

/** One answer, as a browser or a program sees it. */
export interface Seen {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly setCookies: readonly string[]
  /** Location, or undefined. */
  readonly location: string | undefined
}

/** What a request can say beside its method and address. */
export interface Asking {
  readonly method?: string
  readonly headers?: HeaderLines
  readonly body?: string
  readonly peer?: Peer
}

/** Carries requests to the gate and to the provider; the fakes decide how. */
export interface Network {
  readonly gateOrigin: string
  gate(target: string, asking: Asking): Promise<Response>
  /** Everything else: the provider. Redirects are not followed. */
  elsewhere(url: string, init: RequestInit): Promise<Response>
}

/** A browser with a cookie jar that drops what real ones drop. */
export interface Visitor {
  readonly jar: Map<string, string>
  /** A page load: follows nothing. */
  visit(target: string, asking?: Asking): Promise<Seen>
  /** A page load, and the page that tells its outcome where it is told elsewhere (303). The cookies are those of both. */
  arrive(target: string, asking?: Asking): Promise<Seen>
  /** A background request of a page. */
  fetch(target: string, asking?: Asking): Promise<Seen>
  /** A page load that follows redirects between gate and provider to the end. */
  browse(target: string): Promise<Seen & { readonly url: string }>
}

const PAGE: HeaderLines = [
  'Accept',
  'text/html,application/xhtml+xml,*/*;q=0.8',
  'Sec-Fetch-Mode',
  'navigate',
  'Sec-Fetch-Dest',
  'document',
  'Sec-Fetch-Site',
  'none',
]
/** Header lines of a `fetch` of a page. */
export const BACKGROUND: HeaderLines = [
  'Accept',
  '*/*',
  'Sec-Fetch-Mode',
  'cors',
  'Sec-Fetch-Dest',
  'empty',
  'Sec-Fetch-Site',
  'same-origin',
]

/** Opens a browser with an empty jar. */
export function createVisitor(network: Network): Visitor {
  const jar = new Map<string, string>()
  const host = new URL(network.gateOrigin).host

  async function ask(target: string, kind: HeaderLines, asking: Asking): Promise<Seen> {
    const cookies = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = [
      'Host',
      host,
      ...kind,
      ...(asking.headers ?? []),
      ...(cookies === '' ? [] : ['Cookie', cookies]),
    ]
    const response = await network.gate(target, { ...asking, headers })
    const setCookies = response.headers.getSetCookie()
    for (const line of setCookies) keep(jar, line)
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      setCookies,
      location: response.headers.get('location') ?? undefined,
    }
  }

  const visitor: Visitor = {
    jar,
    visit: (target, asking = {}) => ask(target, PAGE, asking),
    async arrive(target, asking) {
      const first = await visitor.visit(target, asking)
      if (first.status !== 303 || first.location === undefined) return first
      const told = await visitor.visit(first.location)
      return { ...told, setCookies: [...first.setCookies, ...told.setCookies] }
    },
    fetch: (target, asking = {}) => ask(target, BACKGROUND, asking),
    async browse(target) {
      let url = target.startsWith('/') ? network.gateOrigin + target : target
      for (let hop = 0; hop < 12; hop += 1) {
        const seen = url.startsWith(network.gateOrigin)
          ? await visitor.visit(url.slice(network.gateOrigin.length) || '/')
          : await away(network, url)
        if (seen.location === undefined) return { ...seen, url }
        url = new URL(seen.location, url).href
      }
      throw new Error(`Redirect loop at ${url}`)
    },
  }
  return visitor
}

async function away(network: Network, url: string): Promise<Seen> {
  const response = await network.elsewhere(url, { redirect: 'manual' })
  const { status, headers } = response
  return {
    status,
    headers,
    text: await response.text(),
    setCookies: [],
    location: headers.get('location') ?? undefined,
  }
}

/** RFC 6265bis §5: over 4,096 bytes of name and value a cookie is ignored; Max-Age 0 deletes. */
function keep(jar: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
  const equals = pair.indexOf('=')
  const name = pair.slice(0, equals)
  const value = pair.slice(equals + 1)
  if (name.length + value.length > 4_096 || line.length > 4_096 + 1_024) return
  if (name.startsWith('__Host-') && !attributes.includes('Secure')) return
  if (attributes.some((attribute) => attribute.toLowerCase() === 'max-age=0')) jar.delete(name)
  else jar.set(name, value)
}
