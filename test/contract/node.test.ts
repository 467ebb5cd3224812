import { join } from 'node:path'
import { serve } from '../support/served.ts'
import type { Door } from './door.ts'
import { contract } from './suite.ts'

const PROGRAM = join(import.meta.dirname, '../../runtimes/node.ts')

const node: Door = {
  runtime: 'Node',
  exceptions: [],
  async start(variables) {
    const env = { PATH: process.env['PATH'], OAUTH2_PROXY_HTTP_ADDRESS: '127.0.0.1:0', ...variables }
    const { urls, output, stop } = await serve({ command: process.execPath, args: [PROGRAM], env })
    return { url: urls[0] ?? '', output, stop }
  },
}

contract(node)
