import { describe, expect, it } from 'vitest'
import type { TrustConfig } from '../../../src/config/sections/paths.ts'
import { readNamedRequest } from '../../../src/http/forwarded.ts'
import { readHead } from '../../../src/http/head.ts'

/** What a gateway and its client say, as `name: value` lines. */
function named(lines: readonly string[], chosen?: TrustConfig['forwardAuthUriHeader']): string {
  const head = readHead(lines.flatMap((line) => line.split(/: ?/u, 1).concat(line.replace(/^[^:]*: ?/u, ''))))
  const request = readNamedRequest(head, chosen)
  if (request === undefined || request === 'unclear') return String(request)
  const { method = '-', host = '', uri } = request
  return `${method} ${host}${uri}`
}

const INGRESS = ['X-Original-URL: https://app.example.com/admin', 'X-Original-Method: POST']
const TRAEFIK = ['X-Forwarded-Uri: /admin', 'X-Forwarded-Method: POST']
const NGINX = ['X-Original-URI: /admin']

describe('readNamedRequest()', () => {
  it.each([
    [INGRESS, 'POST app.example.com/admin'],
    [TRAEFIK, 'POST /admin'],
    [NGINX, '- /admin'],
    [[], 'undefined'],
    [['X-Original-URL: https://APP.example.com:8443/a?b=/c'], '- app.example.com:8443/a?b=/c'],
    [['X-Original-URL: /admin'], '- /admin'],
    [['X-Forwarded-Uri: '], 'undefined'],
    // All that are there say the same.
    [[...INGRESS, ...TRAEFIK, ...NGINX], 'POST app.example.com/admin'],
    [[...INGRESS, 'X-Forwarded-Uri: /admin'], 'POST app.example.com/admin'],
  ])('readNamedRequest() reads what a gateway names: %j', (lines, expected) => {
    expect(named(lines)).toBe(expected)
  })

  it.each([
    ['another address of the client', [...INGRESS, 'X-Forwarded-Uri: /public/x']],
    ['another address and method', [...INGRESS, 'X-Forwarded-Uri: /public/x', 'X-Forwarded-Method: GET']],
    ['another address in the same family', [...INGRESS, 'X-Original-URI: /public/x']],
    ['another method', [...INGRESS, 'X-Forwarded-Uri: /admin', 'X-Forwarded-Method: GET']],
    ['a method of another family', [...NGINX, 'X-Forwarded-Method: GET']],
    [
      'a method of another family, the other way round',
      ['X-Forwarded-Uri: /admin', 'X-Original-Method: GET'],
    ],
    ['two lines of a name', ['X-Forwarded-Uri: /admin', 'X-Forwarded-Uri: /public/x']],
    ['two lines of a method', [...TRAEFIK, 'X-Forwarded-Method: GET', 'X-Original-Method: GET']],
    ['an address that is none', ['X-Forwarded-Uri: admin']],
    ['an absolute address where none belongs', ['X-Forwarded-Uri: http://x/public/y']],
    ['a host with a slash in it', ['X-Original-URL: https://app\\/admin']],
    ['a host with a user', ['X-Original-URL: https://a@app.example.com/admin']],
    ['a host that swallows the path', ['X-Original-URL: https://app?/public//admin']],
    ['a fragment', ['X-Original-URL: https://app#/public//admin']],
    ['another scheme', ['X-Original-URL: ftp://app.example.com/admin']],
  ])('readNamedRequest() believes no header beside %s [HD-42]', (_, lines) => {
    expect(named(lines)).toBe('unclear')
  })

  it.each([
    [
      'x-original-url',
      [...INGRESS, 'X-Forwarded-Uri: /public/x', 'X-Forwarded-Method: GET'],
      'POST app.example.com/admin',
    ],
    ['x-original-url', [...INGRESS, 'X-Original-URI: /public/x'], 'POST app.example.com/admin'],
    ['x-forwarded-uri', [...TRAEFIK, 'X-Original-URL: /public/x', 'X-Original-Method: GET'], 'POST /admin'],
    ['x-original-uri', [...NGINX, 'X-Forwarded-Method: GET'], '- /admin'],
    // The chosen one is missing: the gateway is not set up, and nothing else counts.
    ['x-original-url', TRAEFIK, 'undefined'],
    ['x-forwarded-uri', [...INGRESS, ...NGINX], 'undefined'],
    ['x-original-url', ['X-Original-URL: https://app\\x/'], 'unclear'],
  ] as const)(
    'readNamedRequest() with %s chosen reads no other header: %j [HD-42]',
    (chosen, lines, expected) => {
      expect(named(lines, chosen)).toBe(expected)
    },
  )
})
