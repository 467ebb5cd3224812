import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cookieOf, type Deployment, deploy, type Gate, signIn } from '../support/deployment.ts'
import type { Visitor } from '../support/visitor.ts'

const SESSION = '__Host-_oauth2_proxy'
const [OLD, NEW, THIRD] = [
  'first secret of 32 characters !!',
  'second secret of 32 characters !',
  'third secret of 32 characters !!',
]

let folder = ''
let running: Deployment | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sidegate-keys-'))
})
afterEach(async () => {
  await running?.close()
  running = undefined
  rmSync(folder, { recursive: true })
})

async function start(
  files: readonly string[],
): Promise<{ deployment: Deployment; gate: Gate; alice: Visitor }> {
  const deployment = await deploy({ args: [`--cookie-secret-file=${files.join(',')}`] })
  running = deployment
  const [gate] = deployment.gates
  if (gate === undefined) throw new TypeError('no gate')
  return { deployment, gate, alice: await signIn(gate) }
}

/** Id of the key that sealed the session of this browser. */
function keyOf({ jar }: Visitor): string {
  const [header = ''] = (jar.get(SESSION) ?? '').split('.')
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
}

function rereads(gate: Gate): number {
  return gate.lines().filter(({ msg }) => msg === 'Cookie secrets were read again').length
}

/** Writes a file the way Kubernetes mounts a Secret: behind a link to a folder that is swapped as a whole. */
function mount(version: number, text: string): string {
  mkdirSync(join(folder, `..version-${version}`))
  writeFileSync(join(folder, `..version-${version}`, 'cookie-secret'), text)
  symlinkSync(`..version-${version}`, join(folder, '..data-next'))
  renameSync(join(folder, '..data-next'), join(folder, '..data'))
  return join(folder, 'cookie-secret')
}

describe('a secret that is replaced', () => {
  it('a secret that is replaced in a mounted Secret, while people work, signs no one out, and cookies are sealed again', async () => {
    const path = mount(1, OLD)
    symlinkSync('..data/cookie-secret', path)
    const { gate, alice } = await start([path])
    const carried = cookieOf(alice)
    const before = keyOf(alice)
    const statuses: number[] = []
    let working = true
    const load = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (working) statuses.push((await gate.askAs(alice)).status)
      }),
    )
    mount(2, `${NEW},${OLD}\n`)
    await expect.poll(() => rereads(gate), { timeout: 8_000 }).toBeGreaterThan(0)
    const answered = statuses.length
    await expect.poll(() => statuses.length, { timeout: 8_000 }).toBeGreaterThan(answered + 50)
    working = false
    await load
    expect([...new Set(statuses)]).toEqual([200])

    // What fifty requests with the old cookie set is one and the same.
    const answers = await Promise.all(Array.from({ length: 50 }, () => gate.askAs(alice)))
    expect(
      new Set(
        answers.map((answer) =>
          answer
            .all('set-cookie')
            .map((line) => line.split(';')[0])
            .join(),
        ),
      ).size,
    ).toBe(1)
    await alice.fetch('/x')
    expect(keyOf(alice)).not.toBe(before)
    expect((await gate.askAs(alice)).all('set-cookie')).toEqual([])

    mount(3, NEW)
    await expect.poll(() => rereads(gate), { timeout: 8_000 }).toBeGreaterThan(1)
    expect((await gate.askAs(alice)).status).toBe(200)
    const late = await gate.askAs(gate.visitor(), { headers: carried })
    expect([late.status, late.all('set-cookie').join()]).toEqual([
      401,
      expect.stringContaining(`${SESSION}=; Path=/; Max-Age=0`),
    ])
  }, 40_000)

  it('a secret that is replaced by an empty, too short or missing file leaves the old ones in use, and the log says so', async () => {
    const path = join(folder, 'secret')
    writeFileSync(path, OLD)
    const { gate, alice } = await start([path])
    const complaints = () =>
      gate.lines().filter(({ msg }) => msg === 'Cookie secrets stay as they were').length
    writeFileSync(path, 'short')
    await expect.poll(complaints, { timeout: 8_000 }).toBe(1)
    expect((await gate.askAs(alice)).status).toBe(200)
    writeFileSync(path, '')
    await expect.poll(complaints, { timeout: 8_000 }).toBe(2)
    rmSync(path)
    await sleep(300)
    expect((await gate.askAs(alice)).status).toBe(200)
    expect(JSON.stringify(gate.lines())).not.toContain('short')
  }, 40_000)

  it('a secret may be spread over several files: the first one seals', async () => {
    const [first, second] = [join(folder, 'a'), join(folder, 'b')]
    writeFileSync(first, NEW)
    writeFileSync(second, `${OLD},${THIRD}`)
    const { gate, alice } = await start([first, second])
    const before = keyOf(alice)
    writeFileSync(first, OLD)
    writeFileSync(second, NEW)
    await expect.poll(() => rereads(gate), { timeout: 8_000 }).toBeGreaterThan(1)
    await alice.fetch('/x')
    expect(keyOf(alice)).not.toBe(before)
    expect((await alice.fetch('/x')).status).toBe(200)
  }, 40_000)
})
