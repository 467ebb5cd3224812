import { denoHome, denoProgram, RUN, wantedPermissions } from '../support/deno.ts'
import { type Served, serve } from '../support/served.ts'
import type { Setup } from './server-fixture.ts'
import { serverContract } from './server-suite.ts'
import { contract } from './suite.ts'

/** The one-file bundle in an empty folder, with exactly the permissions that it asks for. */
async function start({ args, listeners, variables }: Setup): Promise<Served> {
  const { bundle, env, folder } = await denoHome()
  const all = { ...env, ...variables }
  const permissions = await wantedPermissions(all, args)
  const command = denoProgram()
  return serve({ command, args: [...RUN, ...permissions, bundle, ...args], env: all, cwd: folder, listeners })
}

contract({
  runtime: 'Deno',
  exceptions: [],
  async start(given) {
    const variables = { OAUTH2_PROXY_HTTP_ADDRESS: '127.0.0.1:0', ...given }
    const { urls, output, stop } = await start({ variables, args: [], listeners: 1 })
    return { url: urls[0] ?? '', output, stop }
  },
})

serverContract({ runtime: 'Deno', serve: start })
