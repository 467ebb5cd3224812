import { MAX_TOKEN_LENGTH } from '../../crypto/seal.ts'
import type { Cookie } from '../../http/exchange.ts'

/** Limit on a Set-Cookie line, attributes and all: browsers drop a longer one (RFC 6265bis §5.6). */
const MAX_LINE_BYTES = 4096

/** Limit on chunks, since one digit counts them. */
const MAX_CHUNKS = 9

/** Limit on different values for one session that are tried before the rest is ignored. */
const MAX_CANDIDATES = 4

/** Length of `2.`, the marker and a dot, in front of every chunk. */
const MARKER_LENGTH = 8
const LEAD_LENGTH = 2 + MARKER_LENGTH + 1

/** Layout of a session token over cookies. */
export interface CookieLayout {
  /**
   * Bytes that the browser sends back for a token of this length; undefined when no number of cookies holds
   * it.
   */
  size(tokenLength: number): number | undefined
  /** The cookies that hold a token: one under the plain name, or numbered chunks. */
  split(token: string): readonly Cookie[] | undefined
}

/** A token that a request carries, and the cookies it was read from. */
export interface Candidate {
  readonly token: string
  readonly names: readonly string[]
}

/**
 * Compiles the layout for a cookie name. `attributeBytes` is what a Set-Cookie line takes beyond name and
 * value. Each chunk starts with the number of chunks and a marker: the end of the token, which is its
 * authentication tag and so as good as random. Chunks of two sessions never join.
 */
export function compileLayout(name: string, attributeBytes: number): CookieLayout {
  const plainRoom = MAX_LINE_BYTES - attributeBytes - name.length
  const chunkRoom = plainRoom - '_0'.length - LEAD_LENGTH
  const countFor = (length: number): number | undefined => {
    if (length <= plainRoom) return 1
    const count = chunkRoom > 0 ? Math.ceil(length / chunkRoom) : Number.POSITIVE_INFINITY
    return count <= MAX_CHUNKS && length <= MAX_TOKEN_LENGTH ? count : undefined
  }
  return {
    size(length) {
      const count = countFor(length)
      if (count === undefined) return undefined
      const overhead = count === 1 ? 0 : '_0'.length + LEAD_LENGTH
      return length + count * (name.length + '=; '.length + overhead)
    },
    split(token) {
      const count = countFor(token.length)
      if (count === undefined) return undefined
      if (count === 1) return [{ name, value: token }]
      const lead = `${count}.${token.slice(-MARKER_LENGTH)}.`
      return Array.from({ length: count }, (_, index) => ({
        name: `${name}_${index}`,
        value: lead + token.slice(index * chunkRoom, (index + 1) * chunkRoom),
      }))
    },
  }
}

/** Cookies under the names of a session in one request. */
export interface Carried {
  readonly candidates: readonly Candidate[]
  /**
   * Names of all cookies that look as if `split` had written them, whether a whole token came of them or not.
   */
  readonly names: readonly string[]
}

/**
 * Reads the whole tokens among the cookies of a request, in a fixed order: plain ones first. A name that comes twice
 * with different values makes two candidates and never one longer token; a chunk counts only under a canonical number.
 */
export function readCarried(name: string, cookies: readonly Cookie[]): Carried {
  // Lists and not sets: a set hashes its members, which for a token costs more than everything else on this path.
  const plain: string[] = []
  const names: string[] = []
  const sets = new Map<string, ChunkSet>()
  for (const cookie of cookies) {
    if (!cookie.name.startsWith(name) || cookie.value === '') continue
    const chunk = cookie.name === name ? undefined : readChunk(cookie, name)
    if (cookie.name !== name && chunk === undefined) continue
    if (!names.includes(cookie.name)) names.push(cookie.name)
    if (chunk !== undefined) addChunk(sets, chunk)
    else if (plain.length < MAX_CANDIDATES && !plain.includes(cookie.value)) plain.push(cookie.value)
  }
  const whole = plain.map((token) => ({ token, names: [name] }))
  if (sets.size === 0) return { candidates: whole, names }
  const joined = [...sets].flatMap(([lead, set]) => join(name, lead, set) ?? [])
  return { candidates: [...whole, ...joined].slice(0, MAX_CANDIDATES), names }
}

interface Chunk {
  readonly index: number
  /** Count and marker: the same in all chunks of one token. */
  readonly lead: string
  readonly part: string
}

interface ChunkSet {
  readonly parts: Map<number, string>
  /** True when one number came with two parts, of which neither can be chosen. */
  ambiguous: boolean
}

function readChunk(cookie: Cookie, name: string): Chunk | undefined {
  const index = /^_(\d)$/u.exec(cookie.name.slice(name.length))?.[1]
  const { value } = cookie
  const count = value.charCodeAt(0) - 48
  const wellLed = value[1] === '.' && value[LEAD_LENGTH - 1] === '.' && count >= 2 && count <= MAX_CHUNKS
  if (index === undefined || !wellLed || Number(index) >= count) return undefined
  return { index: Number(index), lead: value.slice(0, LEAD_LENGTH), part: value.slice(LEAD_LENGTH) }
}

function addChunk(sets: Map<string, ChunkSet>, { index, lead, part }: Chunk): void {
  const set = sets.get(lead) ?? { parts: new Map(), ambiguous: false }
  const known = set.parts.get(index)
  if (known !== undefined && known !== part) set.ambiguous = true
  set.parts.set(index, part)
  sets.set(lead, set)
}

function join(name: string, lead: string, { parts, ambiguous }: ChunkSet): Candidate | undefined {
  const count = Number(lead[0])
  if (ambiguous || parts.size !== count) return undefined
  let token = ''
  for (let index = 0; index < count; index += 1) {
    token += parts.get(index) ?? ''
    if (token.length > MAX_TOKEN_LENGTH) return undefined
  }
  if (!token.endsWith(lead.slice(2, -1))) return undefined
  return { token, names: [...parts.keys()].map((index) => `${name}_${index}`) }
}
