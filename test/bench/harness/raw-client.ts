import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { requestText } from './request.ts'

/** Where a raw connection goes and what it asks for. */
export interface RawRequest {
  readonly port: number
  readonly path: string
  readonly cookie: string
}

/** A connection on which one GET was sent; nobody reads it until `countBody` does. */
export interface RawConnection {
  readonly socket: Socket
  /** Sends the GET once more. */
  again(): void
  /** Reads the answer to its end; resolves with its status and the bytes of its body, which must have a Content-Length. */
  countBody(): Promise<{ readonly status: number; readonly bytes: number }>
}

const PATIENCE_MS = 60_000

/** Opens a connection and sends a GET; bytes that come back stay in the kernel until somebody counts them. */
export async function rawGet(request: RawRequest): Promise<RawConnection> {
  const socket = connect(request.port, '127.0.0.1')
  socket.pause()
  socket.setNoDelay(true)
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`Nothing moved for ${PATIENCE_MS} ms`)))
  await once(socket, 'connect')
  const again = (): void => {
    socket.write(requestText(request))
  }
  again()
  return { socket, again, countBody: () => countBody(socket) }
}

function countBody(socket: Socket): Promise<{ readonly status: number; readonly bytes: number }> {
  let head = ''
  let status = 0
  let expected = -1
  let bytes = 0
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      socket.off('data', onData).off('close', onClose).pause()
      resolve({ status, bytes })
    }
    const onData = (piece: Buffer): void => {
      if (expected < 0) {
        head += piece.toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        status = Number(head.slice(9, 12))
        expected = Number(/^content-length: (\d+)/imu.exec(head)?.[1] ?? 0)
        bytes = head.length - end - 4
      } else bytes += piece.length
      if (bytes >= expected) finish()
    }
    const onClose = (): void => reject(new Error(`The connection closed after ${bytes} of ${expected} bytes`))
    socket.on('data', onData).on('close', onClose).on('error', reject)
    socket.resume()
  })
}
