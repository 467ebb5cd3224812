import type { Door } from '../doors/target.ts'
import { ratios } from '../harness/numbers.ts'
import { freePort } from '../harness/port.ts'
import { figures, interleave } from '../harness/rounds.ts'
import { contender, prove } from './field.ts'
import { rawTable } from './load.ts'
import type { Outcome, World } from './scene.ts'

/** Pause between two scrapes: more often than any Prometheus comes. */
const SCRAPE_MS = 1000

/** The gate that counts for Prometheus, and is scraped, beside the gate that does not. */
export async function metrics(world: World): Promise<Outcome> {
  const { app, gates, cookies } = world
  const input = { upstreamPort: app.port, accessLog: '/dev/null' }
  const port = await freePort()
  const silent = await gates.start(input)
  const counting = await gates.start({ ...input, flags: [`--metrics-address=127.0.0.1:${port}`] })
  const contenders = [
    contender('gate', silent, cookies.alice),
    contender('gate, metrics', counting, cookies.alice),
  ]
  for (const one of contenders) await prove(one)
  const scraper = setInterval(() => void scrape(port), SCRAPE_MS)
  const effort = { rounds: world.quick ? 8 : 31, seconds: 1, warmUpSeconds: world.quick ? 3 : 6 }
  const samples = await interleave(contenders, { ...effort, connections: 32 })
  clearInterval(scraper)
  const doors: readonly Door[] = [silent, counting]
  await Promise.all(doors.map((door) => door.stop()))
  const figure = 'cpuMicrosecondsPerRequest'
  const value = ratios(figures(samples, 'gate, metrics', figure), figures(samples, 'gate', figure))
  const row = {
    what: 'with metrics, scraped each second: CPU, to without',
    value,
    unit: 'x',
    must: 1.02,
  } as const
  return { rows: [row], details: rawTable(samples) }
}

/** Scrapes once as Prometheus does: with gzip, on a connection that stays. */
async function scrape(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
  const text = await answer.text()
  if (!text.includes('oauth2_proxy_requests_total{')) throw new Error('The gate tells no metrics')
}
