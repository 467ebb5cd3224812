import { closeSync, copyFileSync, cpSync, existsSync, openSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Pod } from '../harness/cgroup.ts'
import { type Child, PROXY_CORE, start } from '../harness/child.ts'
import { freePort, untilListening } from '../harness/port.ts'
import { newFolder } from '../harness/workspace.ts'
import { type Deployment, gateFlags, gateSecrets } from './deployment.ts'
import { podFlags, podVariables } from './pod.ts'
import { type Door, type DoorInput, doorOf } from './target.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

/** What is special about one gate. */
export interface GateInput extends DoorInput {
  /** Flags of the gate beyond those of the deployment. */
  readonly flags?: readonly string[]
  /** Flags of Node beyond those of the pod. */
  readonly nodeFlags?: readonly string[]
  /** Control groups that hold it to the limits of a pod. */
  readonly pod?: Pod | undefined
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

/** What all gates of a run are started from. */
export interface GateProgram {
  /** The built program, or another to compare with. */
  readonly program: string
  /** Flags of Node beyond those of the pod. */
  readonly nodeFlags: readonly string[]
}

/** Prepares starting gates. */
export function createGates(deployment: Deployment, common: GateProgram): Gates {
  if (!existsSync(common.program)) throw new Error(`Run "npm run build" first: there is no ${common.program}`)
  const program = common.program.endsWith('.mjs') ? copyOf(common.program) : common.program

  function launch(input: GateInput, port: number): Child {
    const { upstreamPort, accessLog, flags = [], nodeFlags = [], pod } = input
    const own = [...gateFlags(deployment, upstreamPort), `--http-address=127.0.0.1:${port}`, ...flags]
    const log = openSync(accessLog, 'a')
    const child = start({
      core: PROXY_CORE,
      command: process.execPath,
      args: [...podFlags(), ...common.nodeFlags, ...nodeFlags, program, ...own],
      env: { ...podVariables(), ...gateSecrets(deployment) },
      stdout: log,
      pod,
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

/** A program as it is now, with what it reads by need: a build meanwhile does not change what is measured. */
function copyOf(path: string): string {
  const folder = newFolder('program')
  const copy = join(folder, 'sidegate.mjs')
  copyFileSync(path, copy)
  const chunks = join(dirname(path), 'chunks')
  if (existsSync(chunks)) cpSync(chunks, join(folder, 'chunks'), { recursive: true })
  return copy
}
