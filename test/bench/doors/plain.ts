import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { PROXY_CORE, start } from '../harness/child.ts'
import { freePort, untilListening } from '../harness/port.ts'
import { podFlags, podVariables } from './pod.ts'
import { type Door, type DoorInput, doorOf } from './target.ts'

/** Starts the usual Node proxy, with the same Node and the same memory flags as the gate. */
export async function startPlain({ upstreamPort, accessLog }: DoorInput): Promise<Door> {
  const port = await freePort()
  const log = openSync(accessLog, 'a')
  const args = [...podFlags(), join(import.meta.dirname, 'plain-node.ts'), String(port), String(upstreamPort)]
  const child = start({ core: PROXY_CORE, command: process.execPath, args, env: podVariables(), stdout: log })
  closeSync(log)
  await untilListening(port)
  return doorOf(child, port)
}
