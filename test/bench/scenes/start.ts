import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { spread } from '../harness/numbers.ts'
import { freePort } from '../harness/port.ts'
import type { Outcome, World } from './scene.ts'

/** From exec to the first 200 of /ping, as a kubelet would count it. The first start of all is not counted: its files are cold. */
export async function start(world: World): Promise<Outcome> {
  const times: number[] = []
  const starts = world.quick ? 4 : 16
  for (let count = 0; count < starts; count += 1) times.push(await startOnce(world))
  const value = spread(times.slice(1))
  return { rows: [{ what: 'start to first 200 on /ping', value, unit: ' ms', must: 250, aim: 120 }] }
}

async function startOnce({ app, gates }: World): Promise<number> {
  const port = await freePort()
  const startedAt = performance.now()
  const child = gates.launch({ upstreamPort: app.port, accessLog: '/dev/null' }, port)
  while (!(await answers(port))) {
    if (performance.now() - startedAt > 10_000) throw new Error('No answer on /ping 10 s after the start')
    await sleep(1)
  }
  const milliseconds = performance.now() - startedAt
  await child.stop()
  return milliseconds
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/ping', agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('error', () => resolve(false))
  })
}
