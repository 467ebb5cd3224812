/**
 * The path of a file below the directory of a `file:` upstream, or undefined when the request names none: the rest of
 * the path after the upstream's own, decoded once. Refused are segments that climb (`..`), hold a separator or a control
 * character, or begin with a dot (`.git`, `.env`); `.well-known` is the exception (RFC 8615).
 */
export function toFilePath(route: { path: string; prefix: string; directory: string }): string | undefined {
  const rest = route.prefix.endsWith('/') ? route.path.slice(route.prefix.length) : lastSegment(route.path)
  const names: string[] = []
  for (const segment of rest.split('/')) {
    const name = decodedSegment(segment)
    if (name === undefined || !isServed(name)) return undefined
    names.push(name)
  }
  // An empty name before the last would be a double slash; the last one is a directory.
  if (names.slice(0, -1).includes('')) return undefined
  return `${route.directory.replace(/\/+$/u, '')}/${names.join('/')}`
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function decodedSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

function isServed(name: string): boolean {
  if (name.startsWith('.') && name !== '.well-known') return false
  return !/[/\\\0-\x1f\x7f]/u.test(name)
}
