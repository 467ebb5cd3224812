import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LOAD_CORE, start } from './child.ts'
import { requestText } from './request.ts'
import { newFolder } from './workspace.ts'

const SCRIPT = join(import.meta.dirname, 'wrk.lua')

/** What is sent, and where to. */
export interface Load {
  readonly port: number
  readonly path: string
  /** Cookie header values, sent in turn. */
  readonly cookies: readonly string[]
  readonly connections: number
  readonly seconds: number
}

/** What wrk saw. */
export interface Seen {
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

interface Printed {
  readonly requests: number
  readonly microseconds: number
  readonly refused: number
  readonly failed: number
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Loads one port with a fixed number of connections. Throws when anything but success came back: then nothing was measured. */
export async function wrk(load: Load): Promise<Seen> {
  const printed = await run(load)
  if (printed.refused > 0 || printed.failed > 0) {
    throw new Error(`Port ${load.port}: ${printed.refused} requests refused, ${printed.failed} failed`)
  }
  return {
    requests: printed.requests,
    seconds: printed.microseconds / 1e6,
    p50Ms: printed.p50 / 1000,
    p99Ms: printed.p99 / 1000,
    maxMs: printed.max / 1000,
  }
}

async function run(load: Load): Promise<Printed> {
  const folder = newFolder('wrk')
  const request = join(folder, 'request')
  const cookies = join(folder, 'cookies')
  writeFileSync(request, requestText({ ...load, cookie: 'COOKIE' }))
  writeFileSync(cookies, load.cookies.join('\n'))
  const options = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--timeout', '10s', '-s', SCRIPT]
  const target = `http://127.0.0.1:${load.port}${load.path}`
  const child = start({ core: LOAD_CORE, command: 'wrk', args: [...options, target, '--', request, cookies] })
  const code = await child.ended
  const line = child
    .output()
    .split('\n')
    .findLast((text) => text.startsWith('{'))
  if (code !== 0 || line === undefined) throw new Error(`wrk ended with ${code}: ${child.output()}`)
  // wrk.lua prints exactly these members.
  return JSON.parse(line) as Printed
}
