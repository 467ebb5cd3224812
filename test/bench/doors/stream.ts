import { join } from 'node:path'
import { LOAD_CORE, start } from '../harness/child.ts'
import { freePort, untilListening } from '../harness/port.ts'
import { type Door, doorOf } from './target.ts'

/** Starts the app for long answers, long requests and WebSockets. */
export async function startStreamApp(): Promise<Door> {
  const port = await freePort()
  const args = [join(import.meta.dirname, 'stream-app.ts'), String(port)]
  const child = start({ core: LOAD_CORE, command: process.execPath, args })
  await untilListening(port)
  return doorOf(child, port)
}
