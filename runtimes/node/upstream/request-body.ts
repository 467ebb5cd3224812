import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type { NodeRequest } from '../server/incoming-request.ts'
import { onStalledWrites } from '../stalls.ts'
import type { UpstreamConnection } from './connection.ts'
import { notePassed } from './young-generation.ts'

/** The content of a request on its way upstream. */
export interface Upload {
  /** True when all of it has been handed to the upstream's socket. */
  readonly isDone: () => boolean
  /** True while the client has to send more before anything can go on. */
  readonly isAwaited: () => boolean
  /** Stops taking content from the client: the upstream has answered, or is gone. */
  stop(): void
}

/** Framing lines of a request, which its head ends with (RFC 9112 §6); empty when it has no content. */
export function framingLines(request: NodeRequest): string {
  const { headers } = request.incoming
  if (headers['transfer-encoding'] !== undefined)
    return request.hasBody ? 'Transfer-Encoding: chunked\r\n' : ''
  const length = headers['content-length']
  return length === undefined ? '' : `Content-Length: ${length}\r\n`
}

/**
 * Streams the content of a request into a connection, as fast as the upstream takes it and no faster. `100 Continue` is
 * sent now and not before: the upstream is there to read what it invites.
 */
export function startUpload(from: {
  incoming: IncomingMessage
  outgoing: ServerResponse
  /** Content that was read already; that of `incoming` when absent. */
  held: Readable | undefined
  connection: UpstreamConnection
  /** Longest time in which the upstream may take nothing; 0 is no limit. */
  timeoutMs: number
  onDone: () => void
  onStalled: () => void
}): Upload {
  const { incoming, outgoing, connection, timeoutMs, onDone, onStalled } = from
  const content = from.held ?? incoming
  const { socket } = connection
  const chunked = incoming.headers['transfer-encoding'] !== undefined
  let state: 'connecting' | 'sending' | 'done' | 'stopped' = 'connecting'

  const onDrain = (): void => {
    content.resume()
  }
  const onData = (bytes: Buffer): void => {
    notePassed(bytes.length)
    if (chunked) writeChunk(connection, bytes)
    else socket.write(bytes)
    if (!socket.writableNeedDrain) return
    content.pause()
    socket.once('drain', onDrain)
  }
  let endWatch = (): void => {}
  const onEnd = (): void => {
    if (chunked) socket.write('0\r\n\r\n', 'latin1')
    state = 'done'
    endWatch()
    onDone()
  }
  const stop = (): void => {
    endWatch()
    if (state !== 'done') state = 'stopped'
    content.off('data', onData)
    content.off('end', onEnd)
    socket.off('drain', onDrain)
  }

  connection.whenReady(() => {
    if (state === 'stopped') return
    state = 'sending'
    connection.outliveWrites()
    if (content === incoming) inviteContent(incoming, outgoing)
    endWatch = onStalledWrites(socket, timeoutMs, onStalled)
    content.on('data', onData)
    content.on('end', onEnd)
  })
  return {
    isDone: () => state === 'done',
    isAwaited: () => state === 'sending' && !socket.writableNeedDrain,
    stop,
  }
}

/** Writes one chunk in one write to the kernel (RFC 9112 §7.1). */
function writeChunk({ socket }: UpstreamConnection, bytes: Buffer): void {
  socket.cork()
  socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
  socket.write(bytes)
  socket.write('\r\n', 'latin1')
  socket.uncork()
}

/** Sends `100 Continue` to a client that waits for it. */
export function inviteContent(incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (expectsContinue(incoming)) sendContinue(outgoing)
}

function expectsContinue({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion === '1.1' && headers.expect?.toLowerCase() === '100-continue'
}

/** Responses that close the connection unless the content that the client holds back is asked for. */
const held = new WeakSet<ServerResponse>()

/**
 * Marks the answer to a request that waits for `100 Continue`. After an answer that does not ask for the content it is
 * unclear whether content follows: such a connection is closed (RFC 9110 §10.1.1).
 */
export function holdContinue(outgoing: ServerResponse): void {
  if (!outgoing.shouldKeepAlive) return
  outgoing.shouldKeepAlive = false
  held.add(outgoing)
}

function sendContinue(outgoing: ServerResponse): void {
  outgoing.writeContinue()
  if (held.delete(outgoing)) outgoing.shouldKeepAlive = true
}
