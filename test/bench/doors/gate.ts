import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Child, PROXY_CORE, start } from '../harness/child.ts'
import { freePort, untilListening } from '../harness/port.ts'
import { type Deployment, gateFlags, gateSecrets } from './deployment.ts'
import { type Door, type DoorInput, doorOf } from './door.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

/** What is special about one gate. */
export interface GateInput extends DoorInput {
  /** Flags of the gate beyond those of the deployment. */
  readonly flags?: readonly string[]
  /** Flags of Node beyond those of the image. */
  readonly nodeFlags?: readonly string[]
}

/** Starts gates of one deployment, all from the same program. */
export interface Gates {
  readonly deployment: Deployment
  /** Starts one and waits until it listens. */
  start(input: GateInput): Promise<Door>
  /** Starts one on a given port and waits for nothing. */
  launch(input: GateInput, port: number): Child
}

/** The one-file program; `npm run build` makes it. */
export const PROGRAM = join(ROOT, 'dist/sidegate.mjs')

/** Prepares starting gates from a program: the built one, or another to compare with. */
export function createGates(deployment: Deployment, program = PROGRAM): Gates {
  if (!existsSync(program)) throw new Error(`Run "npm run build" first: there is no ${program}`)

  function launch({ upstreamPort, accessLog, flags = [], nodeFlags = [] }: GateInput, port: number): Child {
    const own = [...gateFlags(deployment, upstreamPort), `--http-address=127.0.0.1:${port}`, ...flags]
    const log = openSync(accessLog, 'a')
    const child = start({
      core: PROXY_CORE,
      command: process.execPath,
      args: [...imageFlags(), ...nodeFlags, program, ...own],
      env: { NODE_ENV: 'production', ...gateSecrets(deployment) },
      stdout: log,
    })
    closeSync(log)
    return child
  }

  return {
    deployment,
    launch,
    async start(input) {
      const port = await freePort()
      const child = launch(input, port)
      await untilListening(port)
      return doorOf(child, port)
    },
  }
}

/** The flags that the image gives to Node, read from where they are written. */
export function imageFlags(): readonly string[] {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  const [, flags] = /^\s*(?:ENV )?NODE_OPTIONS="?([^"\s\\]+(?: --[^"\s\\]+)*)"?/mu.exec(dockerfile) ?? []
  if (flags === undefined) throw new Error('The Dockerfile does not set NODE_OPTIONS')
  return flags.split(' ')
}
