import type { HeaderLines } from '../platform.ts'

/** Header lines that a decision is made on, read in one pass. Names are those of the wire in lower case. */
const READ = [
  'host',
  'cookie',
  'authorization',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'origin',
  'accept',
  'user-agent',
  'access-control-request-method',
  'sec-fetch-mode',
  'sec-fetch-dest',
  'sec-fetch-site',
  'sec-purpose',
  'purpose',
  'x-moz',
  'x-requested-with',
  'x-auth-request-redirect',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-method',
  'x-forwarded-uri',
  'x-original-method',
  'x-original-uri',
  'x-original-url',
] as const

/** A header that decisions are made on. */
export type HeadName = (typeof READ)[number]

/** The values of one request head; repeated lines are joined as RFC 9110 §5.3 and RFC 9113 §8.2.3 say. */
export interface Head {
  /** Value of a header; undefined when the line is absent. */
  get(name: HeadName): string | undefined
  /** Number of lines named Host or Content-Length, which must not repeat. */
  readonly hosts: number
  readonly contentLengths: number
  readonly lines: number
}

/** Limit on cached spellings: clients spell a name in very few ways, and a hostile one must not fill memory. */
const KNOWN_SPELLINGS = 512
const slots = new Map<string, number>(READ.map((name, slot) => [name, slot]))
const HOST = slots.get('host')
const COOKIE = slots.get('cookie')
const CONTENT_LENGTH = slots.get('content-length')
const NONE = -1

/** Reads the header lines once; later look-ups cost nothing. */
export function readHead(lines: HeaderLines): Head {
  const values: (string | undefined)[] = new Array(READ.length)
  let hosts = 0
  let contentLengths = 0
  for (let at = 0; at < lines.length; at += 2) {
    const slot = slotOf(lines[at] ?? '')
    if (slot === NONE) continue
    if (slot === HOST) hosts += 1
    else if (slot === CONTENT_LENGTH) contentLengths += 1
    const before = values[slot]
    const value = lines[at + 1] ?? ''
    values[slot] = before === undefined ? value : before + (slot === COOKIE ? '; ' : ', ') + value
  }
  return {
    get: (name) => values[slots.get(name) ?? NONE],
    hosts,
    contentLengths,
    lines: lines.length / 2,
  }
}

/** The value of one header, repeated lines joined; `name` in lower case. */
export function findHeader(lines: HeaderLines, name: string): string | undefined {
  let found: string | undefined
  for (let at = 0; at < lines.length; at += 2) {
    const candidate = lines[at] ?? ''
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue
    const value = lines[at + 1] ?? ''
    found = found === undefined ? value : `${found}, ${value}`
  }
  return found
}

/** All values of one header, line by line; `name` in lower case. */
export function headerValues(lines: HeaderLines, name: string): readonly string[] {
  const values: string[] = []
  for (let at = 0; at + 1 < lines.length; at += 2) {
    if (lines[at]?.toLowerCase() === name) values.push(lines[at + 1] ?? '')
  }
  return values
}

/** The lines but for those of some names, which are in lower case: what a Connection header lists (RFC 9110 §7.6.1). */
export function withoutHeaders(lines: HeaderLines, names: ReadonlySet<string>): string[] {
  const others: string[] = []
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const name = lines[at] ?? ''
    if (!names.has(name.toLowerCase())) others.push(name, lines[at + 1] ?? '')
  }
  return others
}

function slotOf(spelling: string): number {
  const known = slots.get(spelling)
  if (known !== undefined) return known
  const slot = slots.get(spelling.toLowerCase()) ?? NONE
  if (slots.size < KNOWN_SPELLINGS) slots.set(spelling, slot)
  return slot
}
