import { parseArgs } from 'node:util'
import { openAesGcm } from '../../runtimes/node/aes-gcm.ts'
import { createKeyRing, type KeyRing } from '../../src/crypto/keys.ts'
import { open, seal } from '../../src/crypto/seal.ts'
import { randomToken } from '../../src/lib/bytes.ts'
import { decodeSession, encodeSession } from '../../src/session/payload.ts'
import type { Session } from '../../src/session/session.ts'
import { createTokenCache } from '../../src/session/token-cache.ts'
import { aSession } from '../support/session.ts'
import { stayInBounds } from './harness/child.ts'
import { short, spread } from './harness/numbers.ts'
import { markdown } from './harness/table.ts'

/** One operation, done once. */
interface Operation {
  readonly name: string
  once(): unknown
}

/** Prints how much CPU time single steps of the session check take, for a small and for a large session. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
  stayInBounds(5)
  const rounds = values.quick ? 3 : 9
  const milliseconds = values.quick ? 100 : 400
  for (const tokenBytes of [256, 1800]) {
    const { title, operations } = await prepare(tokenBytes)
    const samples = new Map<string, number[]>(operations.map(({ name }) => [name, []]))
    for (const operation of operations) await microseconds(operation, milliseconds)
    for (let round = 0; round < rounds; round += 1) {
      for (const operation of operations)
        samples.get(operation.name)?.push(await microseconds(operation, milliseconds))
    }
    const rows = [...samples].map(([name, times]) => {
      const { median, low, high } = spread(times)
      return [name, short(median), `${short(low)} to ${short(high)}`]
    })
    console.log(`${title}\n\n${markdown(['step', 'CPU us', 'range'], rows)}\n`)
  }
}

async function prepare(tokenBytes: number): Promise<{ title: string; operations: readonly Operation[] }> {
  const parts = { secrets: [new Uint8Array(32).fill(7)], deployment: 'bench', purpose: 'session' } as const
  const withJose = await createKeyRing(parts)
  const withNode = await createKeyRing({ ...parts, openAesGcm })
  const session = aSession({
    tokens: {
      access: undefined,
      id: randomToken(tokenBytes),
      refresh: undefined,
      accessExpiresAtMs: undefined,
    },
  })
  const payload = await payloadOf(session)
  const token = await seal(withJose, payload)
  const cache = createTokenCache()
  cache.add(token, { session, current: true })
  return {
    title: `Session of ${payload.length} bytes, sealed in ${token.length} characters:`,
    operations: [
      { name: 'look up an opened session', once: () => cache.find(fresh(token)) },
      { name: 'cut the token out of a header (part of the line above)', once: () => fresh(token) },
      { name: 'open, node:crypto', once: () => mustOpen(withNode, token) },
      { name: 'open, jose over WebCrypto', once: () => mustOpen(withJose, token) },
      { name: 'decode what was opened', once: () => decodeSession(payload) },
      { name: 'encode a session', once: () => encodeSession(session) },
      { name: 'seal, jose over WebCrypto', once: () => seal(withJose, payload) },
    ],
  }
}

async function payloadOf(session: Session): Promise<Uint8Array<ArrayBuffer>> {
  const payload = await encodeSession(session)
  if (!payload.ok) throw new Error(payload.problem)
  return payload.value
}

async function mustOpen(ring: KeyRing, token: string): Promise<void> {
  const opened = await open(ring, token)
  if (!opened.ok) throw new Error(opened.problem)
}

/** A string that nobody has hashed or compared yet, as each request brings one. */
function fresh(token: string): string {
  return `x${token}`.slice(1)
}

/** CPU time of one go over all threads, in microseconds, from as many as fit: WebCrypto works on other threads. */
async function microseconds({ once }: Operation, milliseconds: number): Promise<number> {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  let count = 0
  while (performance.now() - startedAt < milliseconds) {
    for (let burst = 0; burst < 20; burst += 1) {
      const pending = once()
      if (pending instanceof Promise) await pending
    }
    count += 20
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

await main()
process.exit()
