import { connect } from 'node:net'

/** What came back on one connection. */
export interface Said {
  /** Everything until the end, or until the wait was over; one character a byte. */
  readonly text: string
  /** Status codes of the answers, in their order. */
  readonly statuses: readonly number[]
  readonly closed: boolean
}

/** Sends bytes as they are, one character each, and listens until the other side closes or says nothing for `quietMs`. */
export function say(url: string, bytes: string, quietMs = 400): Promise<Said> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let text = ''
  return new Promise((resolve) => {
    const finish = (closed: boolean): void => {
      clearTimeout(quiet)
      socket.destroy()
      const statuses = [...text.matchAll(/HTTP\/1\.[01] (\d{3})/gu)].map(([, status]) => Number(status))
      resolve({ text, statuses, closed })
    }
    // Nothing at all is worth a longer wait: the other side may be busy.
    let quiet = setTimeout(() => finish(false), 10 * quietMs)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      clearTimeout(quiet)
      quiet = setTimeout(() => finish(false), quietMs)
    })
    socket.on('error', () => finish(true))
    socket.on('close', () => finish(true))
    socket.write(bytes, 'latin1')
  })
}
