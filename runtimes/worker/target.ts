/** Origin and target of an upstream request. */
export interface Address {
  /** `https://app.internal:8443` */
  readonly origin: string
  /** `/a/b?c=d`, byte for byte. */
  readonly target: string
}

/**
 * The request target of a Worker's `request.url`: everything behind the authority, which is the Host header; so `*` and
 * `admin` are what they were and no part of a name (RFC 9112 §3.2.4). A Host with a slash in it moves that border, but a
 * request with such a Host is refused before its target is read.
 */
export function targetOf(url: string, host: string): string {
  const rest = url.slice(url.indexOf('//') + 2)
  const isNamed = host !== '' && rest.toLowerCase().startsWith(host.toLowerCase())
  const behind = isNamed ? rest.slice(host.length) : ':'
  if (!behind.startsWith(':')) return behind === '' ? '/' : behind
  // The URL has a port that the header has not, or the other way round: the first slash has to do.
  const length = rest.search(/[/?]/u)
  return length === -1 ? '/' : rest.slice(length)
}

/**
 * The URL that carries a target to an upstream unchanged; undefined when there is none, because `fetch` resolves dot
 * segments, turns `\` around and escapes what does not belong in a URL, and the app must not see another path than the
 * one that was judged. Only the apostrophe of a query may leave as `%27`, which is what browsers make of it (URL
 * Standard, query state).
 */
export function toUpstreamUrl({ origin, target }: Address): URL | undefined {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const query = mark === -1 ? '' : target.slice(mark)
  const url = new URL(origin)
  url.pathname = path
  url.search = query
  return url.href === origin + path + query.replaceAll("'", '%27') ? url : undefined
}
