import { request as httpRequest } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ResponseParser } from '../../../runtimes/node/upstream/response-parser.ts'
import { FUZZ_TIMEOUT_MS, fuzz, mutate } from '../../support/mutator.ts'

/** A response as a parser understood it; undefined when it was refused. */
interface Read {
  readonly status: number
  readonly body: string
  /** Nothing stands behind its end; otherwise the connection is given up. */
  readonly clean: boolean
}

const RESPONSES = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: x\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nuntil the end',
  'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
  'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
]

/** Our parser over the bytes in pieces. */
function readByUs(bytes: Buffer, pieces: number): Read | undefined {
  let status: number | undefined
  let body = ''
  let end: 'clean' | 'followed' | 'broken' | undefined
  const parser = new ResponseParser({
    onInterim() {},
    onHead: (head) => {
      status = head.status
    },
    onSwitch: () => {
      end = 'broken'
    },
    onContent: (content) => {
      body += content.toString('latin1')
    },
    onEnd: (clean) => {
      end ??= clean ? 'clean' : 'followed'
    },
    onBroken: () => {
      end ??= 'broken'
    },
  })
  parser.begin('GET')
  const size = Math.max(1, Math.ceil(bytes.length / pieces))
  let at = 0
  for (; at < bytes.length && end === undefined; at += size) parser.push(bytes.subarray(at, at + size))
  if (end === undefined) parser.finish()
  return end !== 'broken' && status !== undefined
    ? { status, body, clean: end === 'clean' && at >= bytes.length }
    : undefined
}

let next: Buffer = Buffer.alloc(0)
const sockets = new Set<Socket>()
const server = createServer((socket) => {
  sockets.add(socket)
  socket.once('data', () => socket.end(next))
  socket.on('error', () => {})
  socket.on('close', () => sockets.delete(socket))
})
beforeAll(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)))
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  server.close()
})

/** Node's parser over the same bytes, on a real connection. */
function readByNode(bytes: Buffer): Promise<Omit<Read, 'clean'> | undefined> {
  next = bytes
  const { port } = server.address() as AddressInfo
  return new Promise((resolve) => {
    const request = httpRequest({ host: '127.0.0.1', port, agent: false })
    request.on('error', () => resolve(undefined))
    request.on('upgrade', (_, socket) => {
      socket.destroy()
      resolve(undefined)
    })
    request.on('response', (response) => {
      let body = ''
      response.setEncoding('latin1')
      response.on('data', (text: string) => {
        body += text
      })
      response.on('error', () => resolve(undefined))
      response.on('close', () =>
        resolve(response.complete ? { status: response.statusCode ?? 0, body } : undefined),
      )
    })
    request.end()
  })
}

/** RFC 9110 §8.6 lets a recipient take equal lengths for one, as Go does; Node refuses them. */
function repeatsLength(bytes: Buffer): boolean {
  return (bytes.toString('latin1').match(/^content-length:/gimu) ?? []).length > 1
}

it(
  'a response that is accepted has the status and the content that Node’s parser finds in it, in however many pieces it comes [SM-90]',
  async () => {
    let accepted = 0
    const cases = await fuzz(async (random) => {
      const bytes = Buffer.from(mutate(random, RESPONSES), 'latin1')
      const ours = readByUs(bytes, 1 + random.int(8))
      if (ours === undefined) return
      accepted += 1
      const { status, body } = ours
      expect(readByUs(bytes, bytes.length)).toMatchObject({ status, body })
      const node = await readByNode(bytes)
      // Node calls it an error of the response when bytes follow; here they end the connection, and the response stands.
      if (node === undefined && (!ours.clean || repeatsLength(bytes))) return
      expect(node, JSON.stringify(bytes.toString('latin1'))).toEqual({ status, body })
    })
    expect(cases).toBeGreaterThan(0)
    if (cases > 100) expect(accepted).toBeGreaterThan(0)
  },
  FUZZ_TIMEOUT_MS,
)

// Responses in which the two once saw different ends.
it.each([
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\t\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  'HTTP/1.0 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nContent-Length: 3\t\r\n\r\nabc',
  'HTTP/1.1 200 OK\r\nContent-Length:\xa03\r\n\r\nabc',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x==y\r\nabc\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3 ;x\r\nabc\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nContent-Length: x\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\ncontent-length: 3\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n',
])('the response %j is refused [SM-91]', (response) => {
  expect(readByUs(Buffer.from(response, 'latin1'), 1)).toBeUndefined()
})
