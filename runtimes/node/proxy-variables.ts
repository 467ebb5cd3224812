import http from 'node:http'

const VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'] as const

/**
 * Sends calls to the provider through the proxy that `HTTPS_PROXY` and `HTTP_PROXY` name, except for hosts in
 * `NO_PROXY`, as Go programs do. Upstreams are not concerned: their connections are opened by Sidegate itself. Returns
 * a sentence when this Node cannot (before 24.14), so that the operator need not find out.
 */
export function followProxyVariables(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const given = VARIABLES.find((name) => (env[name] ?? '') !== '')
  if (given === undefined) return undefined
  // Older versions of Node do not have it, whatever the types say.
  const { setGlobalProxyFromEnv }: Partial<Pick<typeof http, 'setGlobalProxyFromEnv'>> = http
  if (setGlobalProxyFromEnv === undefined) {
    return `${given} is not honoured: run Node 24.14 or later, or set NODE_USE_ENV_PROXY=1 on Node 24`
  }
  setGlobalProxyFromEnv()
  return undefined
}
