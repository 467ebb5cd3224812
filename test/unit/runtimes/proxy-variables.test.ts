import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MODULE = new URL('../../../runtimes/node/proxy-variables.ts', import.meta.url).href

/** Asks for an address in a process of its own, since the proxy is for the whole process, and prints what came of it. */
async function ask(url: string, env: Record<string, string>): Promise<string> {
  const script = `
    const { followProxyVariables } = await import(${JSON.stringify(MODULE)})
    followProxyVariables(process.env)
    console.log(await fetch(${JSON.stringify(url)}).then((answer) => answer.text(), () => 'failed'))`
  const parameters = ['--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, parameters, { env, timeout: 20_000 })
  return stdout.trim()
}

test('calls to the provider go through HTTPS_PROXY, and hosts in NO_PROXY directly', async () => {
  const connects: string[] = []
  const proxy = createServer((_, response) => response.end('by the proxy'))
  proxy.on('connect', (request, socket) => {
    connects.push(request.url ?? '')
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  const direct = createServer((_, response) => response.end('directly'))
  await Promise.all(
    [proxy, direct].map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))),
  )
  const [proxyPort, port] = [proxy, direct].map((server) => (server.address() as AddressInfo).port)
  const through = {
    HTTPS_PROXY: `http://127.0.0.1:${proxyPort}`,
    HTTP_PROXY: `http://127.0.0.1:${proxyPort}`,
  }
  try {
    expect(await ask('https://id.example.com/', through)).toBe('failed')
    expect(connects).toEqual(['id.example.com:443'])
    expect(await ask(`http://127.0.0.1:${port}/`, { ...through, NO_PROXY: '127.0.0.1' })).toBe('directly')
    expect(await ask(`http://127.0.0.1:${port}/`, {})).toBe('directly')
  } finally {
    proxy.close()
    direct.close()
  }
})
