import { denoHome, denoProgram, RUN, wantedPermissions } from '../support/deno.ts'
import { serve } from '../support/served.ts'
import type { Door } from './door.ts'
import { contract } from './suite.ts'

/** The one-file bundle in an empty folder, with exactly the permissions that it asks for. */
const deno: Door = {
  runtime: 'Deno',
  exceptions: [],
  async start(variables) {
    const { bundle, env, folder } = await denoHome()
    const all = { ...env, OAUTH2_PROXY_HTTP_ADDRESS: '127.0.0.1:0', ...variables }
    const permissions = await wantedPermissions(all)
    const args = [...RUN, ...permissions, bundle]
    const { urls, output, stop } = await serve({ command: denoProgram(), args, env: all, cwd: folder })
    return { url: urls[0] ?? '', output, stop }
  },
}

contract(deno)
