import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Received } from '../../support/echo-app.ts'
import { type RecordedEdge, recordEdge } from '../../support/edge.ts'
import type { Gateway } from '../../support/gateways.ts'
import { TOLD } from './identity.ts'

/** What the judgement of the gate depends on, as the client says it. */
const PASSED_ON = {
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'cross-site',
  'sec-purpose': 'prefetch',
  origin: 'https://other.example.com',
  accept: 'text/html',
  cookie: 'a=1; b=2',
  authorization: 'Bearer abc',
  'user-agent': 'browser/1.0',
}
/** What only the gateway may say to the gate. */
const FORGED_ROUTE = [
  ...[
    'X-Forwarded-Uri',
    '/public/a',
    'X-Forwarded-Method',
    'GET',
    'X-Original-URL',
    'https://evil.example/public/a',
  ],
  ...[
    'X-Original-URI',
    '/public/a',
    'X-Original-Method',
    'GET',
    'X-Auth-Request-Redirect',
    'https://evil.example/',
  ],
  ...[
    'X-Forwarded-For',
    '203.0.113.9',
    'X-Real-IP',
    '203.0.113.9',
    'X-Envoy-External-Address',
    '203.0.113.9',
  ],
  ...[
    'X-Forwarded-Host',
    'evil.example',
    'X-Forwarded-Proto',
    'http',
    'Forwarded',
    'for=203.0.113.9;host=evil.example',
  ],
]

/** What a gateway asks the gate, whatever the gate answers. */
export function checkQuestion(gateway: Gateway): void {
  let edge: RecordedEdge
  let heard: Received | undefined
  beforeAll(async () => {
    edge = await recordEdge(gateway)
    const said = Object.entries(PASSED_ON).flat()
    const headers = ['Host', 'app.example.com', ...said, ...FORGED_ROUTE, 'Content-Type', 'text/plain']
    expect((await edge.send('/private/a?b=1', { method: 'PUT', headers, body: 'secret body' })).status).toBe(
      200,
    )
    heard = edge.asked.at(-1)
  })
  afterAll(() => edge.close())

  it.each(Object.entries(PASSED_ON))(
    'the gateway names %s to the gate as the client said it',
    (name, value) => {
      expect(heard?.headers[name]).toBe(value)
    },
  )

  it('the gateway names the request in one way, and lets no client name another [HD-52]', () => {
    const { url = '', method = '', headers = {} } = heard ?? {}
    expect(url).toBe(gateway.asksAtPath ? '/private/a?b=1' : '/oauth2/auth')
    const named = [headers['x-forwarded-method'], headers['x-forwarded-uri']]
    expect(gateway.asksAtPath ? [method, ...named] : named).toEqual(
      gateway.asksAtPath ? ['PUT', undefined, undefined] : ['PUT', '/private/a?b=1'],
    )
    expect(headers['x-forwarded-proto']).toBe('https')
    expect(headers['x-forwarded-host'] ?? headers.host).toMatch(/^app\.example\.com(:\d+)?$/u)
    // The last address is the one that the gateway saw; those before it are the client's to invent.
    const { 'x-forwarded-for': chain = '', 'x-envoy-external-address': envoy = '', ...others } = headers
    const read = {
      ...others,
      client: String(chain).split(',').at(-1),
      envoy: gateway.asksAtPath ? envoy : '',
    }
    expect(JSON.stringify(read)).not.toMatch(/evil|203\.0\.113\.9|public/u)
  })

  it('the gateway keeps the body of the request from the gate and brings it to the app', () => {
    expect(heard?.body).toBe('')
    expect(edge.app.received.at(-1)).toMatchObject({ method: 'PUT', body: 'secret body' })
  })

  it('the gateway makes up no identity when the yes names none', async () => {
    for (const name of Object.keys(edge.says)) delete edge.says[name]
    edge.app.received.length = 0
    await edge.send('/private', { headers: ['Host', 'app.example.com'] })
    for (const { headers } of edge.app.received) {
      const told = TOLD.map(([name]) => headers[name.toLowerCase()] ?? '')
      expect(told.filter((value) => value !== '')).toEqual([])
    }
  })
}
