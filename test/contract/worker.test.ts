import { startWorker } from '../support/workerd.ts'
import type { Door } from './runtime-fixture.ts'
import { contract } from './suite.ts'

/** The bundle of `wrangler deploy` in workerd, bare: what stands in front of it at Cloudflare is not there to help. */
const worker: Door = {
  runtime: 'Workers',
  exceptions: [
    'Host towards the app',
    'Header names towards the app',
    'Address of the client',
    'Ambiguous targets',
    'Framing of requests',
    'Cookie in several lines',
    'Client that leaves early',
    'Upload that the app refuses',
    'Streams of a session that has ended',
  ],
  async start(variables) {
    const { urls, output, stop } = await startWorker({ variables, relay: true })
    return { url: urls[0] ?? '', output, stop }
  },
}

contract(worker)
