import { type RequestOptions, request } from 'node:http'

/** Asks over a unix socket: status and text. */
export function askUnix(socketPath: string, options: RequestOptions): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const asking = request({ ...options, socketPath, agent: false }, async (answer) => {
      let text = ''
      for await (const chunk of answer) text += chunk
      resolve([answer.statusCode ?? 0, text])
    })
    asking.on('error', reject)
    asking.end()
  })
}
