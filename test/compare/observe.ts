import { type IncomingMessage, request } from 'node:http'
import type { HeaderLines } from '../../src/platform.ts'

/** What a client saw, in words that are the same for both programs; `aspect` to value. */
export type Observation = Readonly<Record<string, string>>

/** An answer as it was on the wire. */
export interface Wire {
  readonly status: number
  /** Name, value, name, value. */
  readonly lines: readonly string[]
  readonly text: string
}

/** A request as it goes out. */
export interface Asked {
  readonly method: string
  readonly target: string
  readonly headers: HeaderLines
  readonly body: string | undefined
  readonly upgrade: boolean
}

/** Sends one request; an upgrade counts as its 101. */
export function send(origin: string, { method, target, headers, body, upgrade }: Asked): Promise<Wire> {
  const { hostname, port } = new URL(origin)
  const framing = body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]
  const lines = [...headers, ...framing, ...(upgrade ? UPGRADE : [])]
  return new Promise((resolve, reject) => {
    const sent = request({
      hostname,
      port,
      method,
      path: target,
      headers: lines,
      setHost: false,
      agent: false,
    })
    sent.setTimeout(10_000, () => sent.destroy(new Error('no answer in ten seconds')))
    sent.on('error', reject)
    sent.on('upgrade', (answer, socket) => {
      socket.destroy()
      resolve({ status: answer.statusCode ?? 0, lines: answer.rawHeaders, text: '' })
    })
    sent.on('response', (answer) => void readAll(answer).then(resolve, reject))
    sent.end(body)
  })
}

const UPGRADE = [
  'Connection',
  'Upgrade',
  'Upgrade',
  'websocket',
  'Sec-WebSocket-Version',
  '13',
  'Sec-WebSocket-Key',
  'AAAAAAAAAAAAAAAAAAAAAA==',
]

async function readAll(answer: IncomingMessage): Promise<Wire> {
  let text = ''
  for await (const chunk of answer) text += chunk
  return { status: answer.statusCode ?? 0, lines: answer.rawHeaders, text }
}

/** Headers that say nothing about the program. */
const FRAMING = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'vary'])

/** What differs from run to run, by pattern. */
export interface Names {
  /** Origins and their stand-ins. */
  readonly origins: Readonly<Record<string, string>>
  readonly cookieName: string
}

/** Describes an answer: status, kind of body, headers, cookies. */
export function describeAnswer({ status, lines, text }: Wire, names: Names): Observation {
  const seen: Record<string, string> = { status: String(status) }
  const type = valuesOf(lines, 'content-type')[0]?.split(';')[0] ?? ''
  const isApp = valuesOf(lines, 'x-app').length > 0
  seen['body'] = isApp ? 'app' : describeBody(type, text, names)
  for (const [name, value] of pairs(lines)) {
    const lower = name.toLowerCase()
    if (FRAMING.has(lower)) continue
    if (lower === 'set-cookie') describeCookie(value, names, seen)
    else if (lower === 'location') seen['location'] = describeLocation(value, names)
    else add(seen, `answer ${lower}`, scrub(value, names))
  }
  return seen
}

/** Describes what the app was sent. */
export function describeHeard(
  heard: { readonly method: string; readonly url: string; readonly lines: readonly string[] } | undefined,
  names: Names,
): Observation {
  if (heard === undefined) return { app: '-' }
  const seen: Record<string, string> = { app: `${heard.method} ${heard.url}` }
  for (const [name, value] of pairs(heard.lines)) {
    const lower = name.toLowerCase()
    if (FRAMING.has(lower) || lower.startsWith('sec-websocket')) continue
    const text = lower === 'cookie' ? cookieNames(value, names) : scrub(value, names)
    add(seen, `app ${name.toLowerCase()}`, text)
  }
  return seen
}

function describeBody(type: string, text: string, names: Names): string {
  if (text === '') return ''
  if (type === 'text/html') return 'page'
  if (text.length > 300) return `${type}, long`
  return `${type}: ${scrub(text.trimEnd(), names)}`
}

function describeLocation(value: string, names: Names): string {
  const text = scrub(value, names)
  return text.startsWith('<provider>/authorize') ? '<provider>/authorize' : text
}

function describeCookie(line: string, names: Names, seen: Record<string, string>): void {
  const [pair = '', ...attributes] = line.split('; ')
  const [name = '', value = ''] = pair.split('=')
  const known = toCookieKind(name, names)
  if (known === undefined) {
    add(seen, `cookie ${name}`, attributes.join('; '))
    return
  }
  const isEnd = value === '' || attributes.includes('Max-Age=0')
  const rest = attributes.map((attribute) => attribute.replace(/^Max-Age=\d{2,}$/u, 'Max-Age=n'))
  seen[`cookie ${known}`] = isEnd ? 'ended' : `set; ${rest.join('; ')}`
}

function cookieNames(header: string, names: Names): string {
  const kinds = header.split('; ').map((pair) => {
    const name = pair.split('=')[0] ?? ''
    return toCookieKind(name, names) ?? name
  })
  return [...new Set(kinds)].sort().join(' ')
}

function toCookieKind(name: string, { cookieName }: Names): string | undefined {
  const bare = name.replace(/^__Host-/u, '')
  if (bare === cookieName || /^_\d+$/u.test(bare.slice(cookieName.length))) return 'session'
  return bare.startsWith(`${cookieName}_`) ? 'sign-in' : undefined
}

/** Takes out what is new in each run: addresses, tokens, ids. */
function scrub(value: string, { origins }: Names): string {
  let text = value
  for (const [origin, name] of Object.entries(origins)) text = text.replaceAll(origin, name)
  return text
    .replace(/\bey[\w-]+\.ey[\w-]+\.[\w-]+/gu, '<jwt>')
    .replace(/\b(at|rt)\.[\w-]{20,}/gu, '<$1>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gu, '<id>')
    .replace(/^"[0-9a-f]+-[0-9a-f]+"$/u, '<etag>')
    .replace(/failure=[\w.-]+/gu, 'failure=<sealed>')
}

function add(seen: Record<string, string>, aspect: string, value: string): void {
  seen[aspect] = seen[aspect] === undefined ? value : `${seen[aspect]} | ${value}`
}

function valuesOf(lines: readonly string[], wanted: string): readonly string[] {
  return pairs(lines).flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []))
}

function pairs(lines: readonly string[]): readonly (readonly [string, string])[] {
  return Array.from({ length: lines.length / 2 }, (_, at) => [lines[at * 2] ?? '', lines[at * 2 + 1] ?? ''])
}
