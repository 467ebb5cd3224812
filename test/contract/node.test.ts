import { join } from 'node:path'
import { type Served, serve } from '../support/served.ts'
import type { Setup } from './server-fixture.ts'
import { serverContract } from './server-suite.ts'
import { contract } from './suite.ts'

const PROGRAM = join(import.meta.dirname, '../../runtimes/node.ts')

function start({ args, listeners, variables }: Setup): Promise<Served> {
  const env = { PATH: process.env['PATH'], ...variables }
  return serve({ command: process.execPath, args: [PROGRAM, ...args], env, listeners })
}

contract({
  runtime: 'Node',
  exceptions: [],
  async start(given) {
    const variables = { OAUTH2_PROXY_HTTP_ADDRESS: '127.0.0.1:0', ...given }
    const { urls, output, stop } = await start({ variables, args: [], listeners: 1 })
    return { url: urls[0] ?? '', output, stop }
  },
})

serverContract({ runtime: 'Node', serve: start })
