import { request as httpRequest } from 'node:http'

/** One answer to `ask`. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** What Chrome sends with a click on a link: fifteen lines, Host and Cookie aside. */
const BROWSER: readonly (readonly [string, string])[] = [
  ['Connection', 'keep-alive'],
  ['Cache-Control', 'max-age=0'],
  ['sec-ch-ua', '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"'],
  ['sec-ch-ua-mobile', '?0'],
  ['sec-ch-ua-platform', '"Linux"'],
  ['Upgrade-Insecure-Requests', '1'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  ],
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
  ['Sec-Fetch-Site', 'same-origin'],
  ['Sec-Fetch-Mode', 'navigate'],
  ['Sec-Fetch-User', '?1'],
  ['Sec-Fetch-Dest', 'document'],
  ['Referer', 'http://app.example.com/reports?page=2'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Accept-Language', 'en-GB,en;q=0.9,de;q=0.8'],
]

/** What one request says beside the lines of the browser. */
export interface Asked {
  readonly port: number
  readonly path: string
  readonly cookie: string
}

/** The bytes of a GET as the browser would send them. */
export function requestText({ port, path, cookie }: Asked): string {
  const lines = [['Host', `127.0.0.1:${port}`] as const, ...BROWSER, ['Cookie', cookie] as const]
  return `GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}

/** Sends that GET once, on a connection of its own, and reads the answer to its end. */
export function ask({ port, path, cookie }: Asked): Promise<Answer> {
  const headers = {
    ...Object.fromEntries(BROWSER),
    Connection: 'close',
    ...(cookie === '' ? {} : { Cookie: cookie }),
  }
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers, agent: false, timeout: 10_000 })
    request.on('timeout', () => request.destroy(new Error(`No answer to ${path} within 10 s`)))
    request.on('error', reject)
    request.on('response', (response) => {
      let body = ''
      response.setEncoding('latin1').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    request.end()
  })
}
