import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { denoHome, denoProgram, RUN, wantedPermissions } from '../support/deno.ts'
import { createFakeProvider, type FakeProvider } from '../support/fake-provider.ts'
import { serve } from '../support/served.ts'
import { ask } from '../support/wire.ts'

let provider: FakeProvider
let close: () => Promise<void>
beforeAll(async () => {
  provider = await createFakeProvider()
  close = (await provider.listen()).close
})
afterAll(() => close())

const variables = (more: Readonly<Record<string, string>> = {}) => ({
  OAUTH2_PROXY_HTTP_ADDRESS: '127.0.0.1:0',
  OAUTH2_PROXY_PROVIDER: 'oidc',
  OAUTH2_PROXY_OIDC_ISSUER_URL: provider.origin,
  OAUTH2_PROXY_CLIENT_ID: provider.client.id,
  OAUTH2_PROXY_CLIENT_SECRET: provider.client.secret,
  OAUTH2_PROXY_COOKIE_SECRET: 'q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk',
  OAUTH2_PROXY_EMAIL_DOMAINS: 'example.com',
  OAUTH2_PROXY_UPSTREAMS: 'http://app.internal:8080/',
  ...more,
})

/** Starts with these permissions only to look at the settings: exit code and everything that was said. */
async function look(permissions: readonly string[], env = variables()): Promise<readonly [number, string]> {
  const { bundle, folder, env: home } = await denoHome()
  const args = [...RUN, ...permissions, bundle, '--config-test']
  return promisify(execFile)(denoProgram(), args, { env: { ...home, ...env }, cwd: folder }).then(
    ({ stdout, stderr }) => [0, stdout + stderr] as const,
    (error: { code: number; stdout: string; stderr: string }) =>
      [error.code, error.stdout + error.stderr] as const,
  )
}

describe('permissions on Deno', () => {
  it('permissions on Deno are named when they are missing, all at once, and are enough when they are given', async () => {
    const [code, said] = await look(['--allow-env=OAUTH2_PROXY_*'])
    expect(code).toBe(1)
    const host = new URL(provider.origin).host
    expect(said).toBe(
      `Run Deno with --allow-env=OAUTH2_PROXY_* --allow-net=127.0.0.1:0,app.internal:8080,${host}\n` +
        `What is missing now: --allow-net=127.0.0.1:0,app.internal:8080,${host}\n`,
    )
    const given = /^Run Deno with (.+)$/mu.exec(said)?.[1]?.split(' ') ?? []
    expect(await look(given)).toEqual([0, 'The configuration is good.\n'])
  })

  it('permissions on Deno for variables are missed before settings are', async () => {
    const [code, said] = await look([])
    expect([code, said.split('\n')[0]]).toEqual([
      1,
      'Deno allows no variables, so none is read: --allow-env=OAUTH2_PROXY_* allows them',
    ])
  })

  it('permissions on Deno for all variables let misspelt names be noticed', async () => {
    const [, said] = await look(['--allow-env', '--allow-net'], variables({ OAUTH2_PROXY_PROVIDR: 'x' }))
    expect(said).toContain('OAUTH2_PROXY_PROVIDR: nothing reads this variable')
  })

  it('permissions on Deno for a file in the settings are named with the setting', async () => {
    const secret = { OAUTH2_PROXY_CLIENT_SECRET: '', OAUTH2_PROXY_CLIENT_SECRET_FILE: '/run/secret' }
    const [code, said] = await look(['--allow-env', '--allow-net'], variables(secret))
    expect(code).toBe(1)
    expect(said).toContain(
      'OAUTH2_PROXY_CLIENT_SECRET_FILE: make the file "/run/secret" readable (--allow-read=/run/secret)',
    )
  })

  it('permissions on Deno cannot make up for what Deno cannot do', async () => {
    const [code, said] = await look(['--allow-all'], variables({ OAUTH2_PROXY_HTTP_ADDRESS: 'fd:3' }))
    expect([code, said]).toEqual([
      1,
      'Give an address to listen on, host:port or unix:///path: Deno cannot take over an open socket (fd:N)\n',
    ])
  })

  it('permissions on Deno for a host that only the discovery document names are asked for when it is needed', async () => {
    let asked = 0
    const elsewhere = createServer((_, answer) => {
      asked += 1
      answer.end()
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    // A server on a TCP port has an address of this kind.
    const place = `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
    provider.behaviour.metadata = { token_endpoint: `http://${place}/token` }
    const { bundle, env: home, folder } = await denoHome()
    const env = { ...home, ...variables() }
    const args = [...RUN, ...(await wantedPermissions(env)), bundle]
    const gate = await serve({ command: denoProgram(), args, env, cwd: folder })
    const answer = await signIn(gate.urls[0] ?? '')
    expect([answer.status, asked]).toEqual([503, 0])
    expect(gate.output()).toContain(
      `Run Deno with --allow-net=${place} as well: the provider has an endpoint there`,
    )
    await gate.stop()
    elsewhere.close()
    provider.behaviour.metadata = {}
  })
})

/** Goes to the provider and comes back with a code. */
async function signIn(url: string) {
  const headers = ['Host', 'app.example.com']
  const start = await ask(url, { target: '/oauth2/start?rd=%2F', headers })
  const back = await provider.visit(start.all('location')[0] ?? '')
  const cookie = start.all('set-cookie')[0]?.split(';')[0] ?? ''
  return ask(url, { target: back.pathname + back.search, headers: [...headers, 'Cookie', cookie] })
}
