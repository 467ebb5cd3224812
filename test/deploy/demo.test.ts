import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'

const DEMO = join(import.meta.dirname, '../../deploy/demo/demo.ts')
const PATIENCE_MS = 30_000

interface RunningDemo {
  readonly process: ChildProcess
  readonly url: string
  readonly output: () => string
}

const started: ChildProcess[] = []

/** Starts what `npm run demo` starts, and waits for the address that it prints. */
async function demo(
  args: readonly string[] = [DEMO],
  env: NodeJS.ProcessEnv = process.env,
): Promise<RunningDemo> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const url = await eventually(() => {
    if (child.exitCode !== null) throw new Error(`the demo ended with code ${child.exitCode}:\n${output}`)
    return /Open {2}(http:\/\/localhost:\d+)\//u.exec(output)?.[1]
  })
  return { process: child, url, output: () => output }
}

async function eventually<Value>(look: () => Value | undefined | Promise<Value | undefined>): Promise<Value> {
  for (const untilMs = Date.now() + PATIENCE_MS; Date.now() < untilMs; await sleep(50)) {
    const value = await look()
    if (value !== undefined) return value
  }
  throw new Error('it did not happen')
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/ready`).then(
    ({ ok }) => ok,
    () => false,
  )

/** Takes a port of this machine; where another program has it already, that does as well. */
async function take(port: number): Promise<() => Promise<void>> {
  const server = createServer().listen(port, '127.0.0.1')
  const isOurs = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  return async () => {
    if (isOurs) await new Promise((resolve) => server.close(resolve))
  }
}

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
})

it('npm run demo says first where to go, and nothing that would worry a newcomer', async () => {
  const { output, url } = await demo()
  expect(output().trimStart()).toMatch(/^Open {2}http:\/\/localhost:\d+\/ /u)
  expect(await answers(url)).toBe(true)
  await eventually(() => output().includes('Sidegate is listening') || undefined)
  expect(output()).not.toMatch(/warn/iu)
})

it('npm run demo takes the next free port when another program has one, and says so in one sentence', async () => {
  const releases = await Promise.all([4180, 8080, 9000].map(take))
  const { output, url } = await demo()
  expect(url).not.toBe('http://localhost:4180')
  expect(await answers(url)).toBe(true)
  const [sentence, ...more] = output()
    .split('\n')
    .filter((line) => line.includes('8080'))
  expect(more).toEqual([])
  expect(sentence).toMatch(
    /^ {2}Other programs have the ports 4180, 8080 and 9000, so the gate listens on \d+, the app on \d+ and the provider on \d+\.$/u,
  )
  await Promise.all(releases.map((release) => release()))
})

/** Runs the demo in a shell, as npm does. */
const LIKE_NPM = `
  require('node:child_process').spawn('sh', ['-c', '"$NODE" "$DEMO"; exit $?'], { stdio: 'inherit' })`

it.each([
  ['itself', [DEMO], {}],
  ['npm', ['-e', LIKE_NPM], { npm_lifecycle_event: 'demo', NODE: process.execPath, DEMO }],
])('npm run demo leaves no gate behind when %s is killed', async (_, args, env) => {
  const { process: child, url } = await demo(args, { ...process.env, ...env })
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  expect(await eventually(async () => ((await answers(url)) ? undefined : 'gone'))).toBe('gone')
})

// util-linux's own `script` has these flags; on other systems the program of that name has others.
it.runIf(process.platform === 'linux')(
  'the gate writes lines for people when standard output is a terminal',
  async () => {
    const flags = [
      '--http-address=127.0.0.1:0',
      '--provider=oidc --oidc-issuer-url=http://127.0.0.1:9 --client-id=x --client-secret=',
      '--email-domain=* --upstream=static://200 --cookie-secret=q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk',
    ]
    const gate = `"${process.execPath}" "${join(DEMO, '../../../runtimes/node.ts')}" ${flags.join(' ')}`
    const child = spawn('script', ['-qec', gate, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] })
    started.push(child)
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    const line = await eventually(() => /^.*is listening.*$/mu.exec(output)?.[0])
    // Its terminal goes away with it, and the gate with that.
    child.kill('SIGKILL')
    expect(line).toMatch(
      /^\d\d:\d\d:\d\d info {2}Sidegate is listening {2}url=http:\/\/127\.0\.0\.1:\d+ {2}version=\S+$/u,
    )
  },
)
