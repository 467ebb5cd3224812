import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type Exposition, readExposition } from '../../support/exposition.ts'
import type { Served } from '../../support/served.ts'
import { ask } from '../../support/wire.ts'
import { makeCertificate } from '../../unit/runtimes/certificate-fixture.ts'
import { say } from '../http-messages.ts'
import type { Yard } from '../server-fixture.ts'
import { askUnix } from './unix.ts'

const METRICS = { OAUTH2_PROXY_METRICS_ADDRESS: '127.0.0.1:0' }

/** Where a gate serves its metrics. */
function metricsOf(gate: Served): readonly string[] {
  return [...gate.output().matchAll(/"msg":"Metrics are served","url":"([^"]+)"/gu)].map(
    ([, url = '']) => url,
  )
}

async function scrape(gate: Served): Promise<Exposition> {
  const [url = ''] = metricsOf(gate)
  return readExposition((await ask(url, { target: '/metrics' })).text)
}

/** Metrics have listeners of their own. */
export function metrics(yard: Yard): void {
  describe('the metrics listener', () => {
    it('the metrics listener answers what Prometheus reads, as oauth2-proxy does on every path, and changes nothing', async () => {
      const gate = await yard.open(METRICS)
      const [url = ''] = metricsOf(gate)
      const answer = await ask(url, { target: '/metrics' })
      expect([answer.status, answer.all('content-type')]).toEqual([
        200,
        ['text/plain; version=0.0.4; charset=utf-8'],
      ])
      const types = [...readExposition(answer.text).types.keys()]
      for (const family of [
        'oauth2_proxy_requests_in_flight',
        'promhttp_metric_handler_requests_total',
        'process_cpu_seconds_total',
        'process_resident_memory_bytes',
        'process_start_time_seconds',
        'nodejs_heap_size_used_bytes',
        'nodejs_version_info',
        'sidegate_build_info',
        'sidegate_client_connections',
      ])
        expect(types).toContain(family)
      for (const target of ['/', '/x', '/ping', '/oauth2/auth', '/metrics/?a=b'])
        expect((await ask(url, { target })).text).toContain('# TYPE sidegate_build_info gauge')
      const head = await ask(url, { method: 'HEAD', target: '/metrics' })
      expect([head.status, head.text]).toEqual([200, ''])
      const posted = await ask(url, { method: 'POST', target: '/metrics', body: 'x' })
      expect([posted.status, posted.all('allow')]).toEqual([405, ['GET, HEAD']])
      const zipped = await ask(url, { headers: ['Host', 'a', 'Accept-Encoding', 'gzip'] })
      expect(zipped.all('content-encoding')).toEqual(['gzip'])
      expect([...readExposition(gunzipSync(zipped.body).toString()).types.keys()]).toEqual(
        expect.arrayContaining(types),
      )
      const scrapes = (await scrape(gate)).value('promhttp_metric_handler_requests_total', { code: '200' })
      expect(scrapes).toBe(8)
    })

    it('the metrics listener counts what the other one serves, whatever its methods are, and the tunnels that are open', async () => {
      const gate = await yard.open({ ...METRICS, OAUTH2_PROXY_SKIP_AUTH_ROUTES: '^/' })
      const [url = ''] = gate.urls
      await ask(url, { target: '/public/x' })
      await ask(url, { target: '/ping' })
      for (const method of ['PROPFIND', 'REPORT', 'M-SEARCH']) await ask(url, { method, target: '/public/x' })
      await say(url, 'BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n')
      const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
      await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
      await expect.poll(async () => (await scrape(gate)).value('sidegate_tunnels'), { timeout: 5000 }).toBe(1)
      const seen = await scrape(gate)
      expect(seen.value('oauth2_proxy_requests_in_flight')).toBe(1)
      expect(seen.value('sidegate_client_connections')).toBeGreaterThanOrEqual(1)
      expect(seen.value('oauth2_proxy_response_duration_seconds', { method: 'unknown' })).toBe(4)
      expect(seen.value('oauth2_proxy_response_duration_seconds', { method: 'get' })).toBe(1)
      expect(seen.valuesOf('oauth2_proxy_response_duration_seconds', 'method').toSorted()).toEqual([
        'get',
        'unknown',
      ])
      expect(seen.value('sidegate_requests_total', { verdict: 'ping' })).toBe(1)
      const pooled = ['used', 'idle'].map((state) => seen.value('sidegate_upstream_connections', { state }))
      expect(pooled[0]).toBe(0)
      socket.terminate()
      await expect
        .poll(async () => (await scrape(gate)).value('oauth2_proxy_requests_in_flight'), { timeout: 5000 })
        .toBe(0)
    })

    it('the metrics listener answers while the other one is under load, and loses no request', async () => {
      const gate = await yard.open(METRICS)
      const [url = ''] = gate.urls
      let isOver = false
      const scraping = (async () => {
        let scrapes = 0
        for (; !isOver || scrapes === 0; scrapes += 1) await scrape(gate)
        return scrapes
      })()
      for (let round = 0; round < 8; round += 1)
        await Promise.all(Array.from({ length: 25 }, () => ask(url, { target: '/public/x' })))
      isOver = true
      expect(await scraping).toBeGreaterThan(0)
      const seen = await scrape(gate)
      expect(seen.value('sidegate_policy_verdicts_total', { verdict: 'public' })).toBe(200)
      expect(seen.value('oauth2_proxy_response_duration_seconds', { method: 'get' })).toBe(200)
    })

    it('the metrics listener speaks TLS beside plain HTTP, and takes a new certificate without a restart', async () => {
      const files = { certFile: join(yard.folder, 'metrics.crt'), keyFile: join(yard.folder, 'metrics.key') }
      makeCertificate('first.metrics.example.com', files)
      const gate = await yard.open({
        ...METRICS,
        OAUTH2_PROXY_METRICS_SECURE_ADDRESS: '127.0.0.1:0',
        OAUTH2_PROXY_METRICS_TLS_CERT_FILE: files.certFile,
        OAUTH2_PROXY_METRICS_TLS_KEY_FILE: files.keyFile,
      })
      const [plain = '', secure = ''] = metricsOf(gate)
      expect([plain, secure].map((url) => new URL(url).protocol)).toEqual(['http:', 'https:'])
      expect(await askSecurely(secure)).toEqual([200, 'first.metrics.example.com'])
      makeCertificate('second.metrics.example.com', files)
      await expect
        .poll(() => askSecurely(secure), { timeout: 15_000, interval: 200 })
        .toEqual([200, 'second.metrics.example.com'])
    })

    it('the metrics listener is a unix socket with a mode where that is asked for', async () => {
      const path = join(yard.folder, 'metrics.sock')
      const gate = await yard.open({ OAUTH2_PROXY_METRICS_ADDRESS: `unix://${path},mode=0660` })
      expect(metricsOf(gate)).toEqual([`unix://${path}`])
      const [status, text] = await askUnix(path, { path: '/metrics', headers: { Host: 'a' } })
      expect([status, readExposition(String(text)).value('oauth2_proxy_requests_in_flight')]).toEqual([
        200, 0,
      ])
    })

    it('the metrics listener keeps nothing waiting for a scraper that does not read, or a head that does not end [DS-72]', async () => {
      const gate = await yard.open(METRICS)
      const [url = ''] = metricsOf(gate)
      const { hostname, port } = new URL(url)
      const slow = Array.from({ length: 20 }, () => {
        const socket = connect(Number(port), hostname).pause()
        socket.on('error', () => {})
        socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(5))
        return socket
      })
      // All of these are asked for before anything of the first is read.
      const flood = say(url, 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3000))
      const endless = say(url, 'GET /metrics HTTP/1.1\r\nHost: a\r\nX-', 2000)
      expect((await scrape(gate)).value('oauth2_proxy_requests_in_flight')).toBe(0)
      expect((await ask(gate.urls[0] ?? '', { target: '/public/x' })).status).toBe(200)
      expect((await endless).closed).toBe(true)
      expect((await flood).closed).toBe(true)
      expect((await flood).statuses.length).toBeLessThan(200)
      for (const socket of slow) socket.destroy()
      expect(await gate.stop()).toBe(0)
    }, 30_000)

    it('the metrics listener refuses a head that is too large, and stays', async () => {
      const gate = await yard.open(METRICS)
      const [url = ''] = metricsOf(gate)
      const { statuses } = await say(
        url,
        `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      )
      expect(statuses).toEqual([431])
      expect((await ask(url, { target: '/metrics' })).status).toBe(200)
    })

    it('a port of metrics that is taken stops the start and is named', async () => {
      const gate = await yard.open(METRICS)
      const { host } = new URL(metricsOf(gate)[0] ?? '')
      await expect(yard.open({ OAUTH2_PROXY_METRICS_ADDRESS: host })).rejects.toThrow(
        `Cannot listen on "${host}"`,
      )
    })
  })
}

function askSecurely(url: string): Promise<readonly [status: number | undefined, commonName: string]> {
  return new Promise((resolve, reject) => {
    const asking = requestTls(
      new URL('/metrics', url),
      { rejectUnauthorized: false, agent: false },
      (answer) => {
        answer.resume()
        // It came over TLS.
        const { CN } = (answer.socket as import('node:tls').TLSSocket).getPeerCertificate().subject
        resolve([answer.statusCode, String(CN)])
      },
    )
    asking.on('error', reject)
    asking.end()
  })
}
