import { afterEach, describe, expect, it } from 'vitest'
import { ask } from '../support/wire.ts'
import { signIn, startWorkerWorld, type WorkerWorld } from '../support/worker-fixture.ts'

let world: WorkerWorld

afterEach(() => world.close())

describe('settings that are wrong', () => {
  it('invalid settings are named to visitors and explained in the log, and a secret is never shown', async () => {
    world = await startWorkerWorld({
      variables: {
        OAUTH2_PROXY_CLIENT_ID: '',
        OAUTH2_PROXY_COOKIE_SECRET: 'sekrit-of-no-length',
        OAUTH2_PROXY_HTPASSWD_FILE: '/users',
        OAUTH2_PROXY_UPSTREAMS: ['http://a', 'http://b'],
      },
    })
    const answer = await ask(world.worker.urls[0] ?? '')
    expect([answer.status, answer.all('cache-control')]).toEqual([500, ['no-store']])
    const names = ['CLIENT_ID', 'COOKIE_SECRET', 'HTPASSWD_FILE', 'UPSTREAMS'].map(
      (name) => `OAUTH2_PROXY_${name}`,
    )
    for (const name of names) {
      expect(answer.text).toContain(name)
      expect(world.worker.output()).toContain(`${name}: `)
    }
    expect(world.worker.output()).toContain('warning: ')
    expect(answer.text).not.toMatch(/warning|\/users/u)
    expect(answer.text + world.worker.output()).not.toContain('sekrit')
    expect((await ask(world.worker.urls[0] ?? '', { target: '/ping' })).status).toBe(500)
  })

  it('invalid settings include a service binding that is not there', async () => {
    world = await startWorkerWorld({ variables: { OAUTH2_PROXY_UPSTREAMS: 'binding:APPP' } })
    const answer = await ask(world.worker.urls[0] ?? '')
    expect([answer.status, answer.text.includes('OAUTH2_PROXY_UPSTREAMS')]).toEqual([500, true])
    expect(world.worker.output()).toContain('add a service binding "APPP" to wrangler.toml')
  })

  it('invalid settings name the structured file where that asks for a service binding that is not there', async () => {
    const yaml = `
      upstreamConfig: { upstreams: [{ path: /, uri: binding:APPP }] }
      providers: [{ provider: github, clientID: gate, clientSecret: client-secret }]`
    world = await startWorkerWorld({ variables: { OAUTH2_PROXY_CONFIG_YAML: yaml } })
    await ask(world.worker.urls[0] ?? '')
    expect(world.worker.output()).toContain('OAUTH2_PROXY_CONFIG_YAML: add a service binding "APPP"')
  })
})

describe('settings', () => {
  it('settings of a Worker may be a TOML text, and variables win over it', async () => {
    world = await startWorkerWorld({
      variables: {
        OAUTH2_PROXY_CONFIG_TOML: 'proxy_prefix = "/gate"\nping_path = "/alive"\n',
        OAUTH2_PROXY_PING_PATH: '/ping',
      },
    })
    const statuses = await Promise.all(
      ['/ping', '/alive', '/gate/static/fragment.js'].map(
        async (target) => (await ask(world.worker.urls[0] ?? '', { target })).status,
      ),
    )
    expect(statuses).toEqual([200, 401, 200])
  })

  it('settings of a Worker may be a structured text, with variables in it', async () => {
    const yaml = `upstreamConfig:
  upstreams: [{id: app, path: /, static: true, staticCode: 204}]
providers: [{id: work, provider: github, clientID: "$NAME", clientSecret: b}]
injectRequestHeaders: [{name: X-Key, values: [{secretSource: {fromEnv: APP_KEY}}]}]
options: {ping_path: /alive, skip_auth_routes: ["^/public$"]}
`
    world = await startWorkerWorld({ variables: { OAUTH2_PROXY_CONFIG_YAML: yaml, NAME: 'a', APP_KEY: 'k' } })
    const statuses = await Promise.all(
      ['/alive', '/public', '/other'].map(
        async (target) => (await ask(world.worker.urls[0] ?? '', { target })).status,
      ),
    )
    expect(statuses).toEqual([200, 204, 401])
    expect(world.worker.output()).toContain('nothing reads this beside --alpha-config')
  })

  it('settings of a Worker may send requests to another Worker, which sees the Host that the browser sees', async () => {
    world = await startWorkerWorld({ variables: { OAUTH2_PROXY_UPSTREAMS: 'static://204,binding:APP/app/' } })
    const visitor = world.visitor()
    await visitor.browse('/oauth2/start?rd=%2Fapp%2Fx')
    const { url = '', lines = [] } = world.app.heard.at(-1) ?? {}
    expect([url, lines[lines.indexOf('Host') + 1]]).toEqual(['/app/x', 'app.example.com'])
    expect(lines).not.toContain('no-cache')
  })

  it('settings of a Worker may be numbers and booleans', async () => {
    world = await startWorkerWorld({
      variables: { OAUTH2_PROXY_SKIP_PROVIDER_BUTTON: true, OAUTH2_PROXY_COOKIE_BUDGET: 4096 },
    })
    const answer = await ask(world.worker.urls[0] ?? '', {
      headers: ['Host', 'app.example.com', 'Accept', 'text/html'],
    })
    expect([answer.status, answer.all('location')[0]?.startsWith(world.provider.origin)]).toEqual([302, true])
    await signIn(world)
  })
})
