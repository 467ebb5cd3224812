import { describe, expect, it } from 'vitest'
import type { UpstreamConfig } from '../../../src/config/sections/upstreams.ts'
import { compileUpstreams } from '../../../src/proxy/upstreams.ts'

function upstream(path: string): UpstreamConfig {
  return {
    id: path,
    path,
    rewriteTarget: undefined,
    target: { kind: 'static', status: 200 },
    passHostHeader: true,
    websockets: true,
    getBody: false,
    timeoutMs: 0,
  }
}

function routeOf(paths: readonly string[], path: string, query = ''): string | undefined {
  const route = compileUpstreams(paths.map(upstream))({ path, query })
  return route?.kind === 'redirect' ? `-> ${route.location}` : route?.upstream.id
}

describe('the upstream table', () => {
  it.each([
    [['/'], '/', '/'],
    [['/'], '/a/b', '/'],
    [['/', '/a/', '/a/b/'], '/a/b/c', '/a/b/'],
    [['/', '/a/', '/a/b/'], '/a/b', '/a/'],
    [['/a/', '/a/b/'], '/a', '-> /a/'],
    [['/', '/foo/'], '/foo', '/'],
    [['/', '/a/', '/a/b/'], '/a/c', '/a/'],
    [['/', '/a/', '/a/b/'], '/a/', '/a/'],
    [['/', '/a/'], '/ab', '/'],
    [['/a'], '/a', '/a'],
    [['/a'], '/a/', undefined],
    [['/a'], '/a/b', undefined],
    [['/a', '/a/'], '/a', '/a'],
    [['/a', '/a/'], '/a/x', '/a/'],
    [['/a/'], '/a', '-> /a/'],
    [['/a/'], '/b', undefined],
    [['/a/'], '/', undefined],
    [[], '/', undefined],
    [['/', '/x/'], '/%78/', '/'],
    [['/', '/x/'], '//x/', '/'],
  ])('the upstream table with %j sends %s to %s', (paths, path, expected) => {
    expect(routeOf(paths, path)).toBe(expected)
  })

  it('the upstream table puts the slash before the query', () => {
    expect(routeOf(['/a/'], '/a', '?x=1&next=/b?c')).toBe('-> /a/?x=1&next=/b?c')
  })

  it('the upstream table costs the same with one upstream and with five hundred', () => {
    const paths = Array.from({ length: 500 }, (_, at) => `/service-${at}/api/`)
    const pick = compileUpstreams(['/', ...paths].map(upstream))
    const slashes = '/'.repeat(16_000)
    const start = performance.now()
    for (let round = 0; round < 2000; round += 1) pick({ path: slashes, query: '' })
    expect(performance.now() - start).toBeLessThan(1000)
    expect(pick({ path: '/service-499/api/x', query: '' })).toMatchObject({
      upstream: { id: '/service-499/api/' },
    })
  })
})
