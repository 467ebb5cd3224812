import { describe, expect, test } from 'vitest'
import { type EventName, type FinishedRequest, PERSON } from '../../../src/observe/event.ts'
import { createLog, type Log } from '../../../src/observe/log.ts'
import { loadLogLines } from '../../../src/observe/log-lines.ts'
import { anIncomingRequest } from '../../support/incoming-request.ts'
import { configOf, problemsOf } from '../config/config-fixture.ts'

const NOW_MS = Date.UTC(2026, 10, 27, 18, 30, 5, 7)
const RECORD: FinishedRequest = {
  requestId: 'request-1',
  method: 'GET',
  host: 'app.example.com',
  path: '/inbox',
  status: 200,
  bytes: 512,
  durationMs: 1234.5,
  client: '192.0.2.7',
  user: 'alice@example.com',
  upstream: '/',
  verdict: 'allow',
  userAgent: 'curl "8"',
  aborted: false,
  request: { ...anIncomingRequest({ target: '/inbox?q=a%20b' }), peerPort: 4711 },
}

async function written(use: (log: Log) => void, ...args: readonly string[]) {
  const lines = { stdout: [] as string[], stderr: [] as string[] }
  const { log } = configOf({ args: ['--logging-local-time=false', ...args] })
  const platform = {
    now: () => NOW_MS,
    write: (line: string) => lines.stdout.push(line),
    writeError: (line: string) => lines.stderr.push(line),
  }
  use(createLog([await loadLogLines(log, platform)]))
  return lines
}
const everything = (log: Log) => {
  log.line('info', 'Sidegate is listening', { url: 'http://127.0.0.1:4180' })
  log.line('error', 'The app gave no answer', { code: 'upstream_timeout' })
  log.event('sign_in_failed', 'info', { code: 'not_permitted', request_id: 'r', client: '192.0.2.7' })
  log.finished(RECORD)
}

describe('the lines of oauth2-proxy', () => {
  test('log-format=oauth2-proxy writes its default formats, errors to standard error', async () => {
    expect(await written(everything, '--log-format=oauth2-proxy')).toEqual({
      stdout: [
        '[2026/11/27 18:30:05] [sidegate:0] Sidegate is listening  url=http://127.0.0.1:4180',
        '192.0.2.7 - r - - [2026/11/27 18:30:05] [AuthFailure] Invalid authentication via OAuth2: unauthorized',
        '192.0.2.7:4711 - request-1 - alice@example.com [2026/11/27 18:30:03] app.example.com GET / "/inbox?q=a%20b" HTTP/1.1 "curl \\"8\\"" 200 512 1.234',
      ],
      stderr: ['[2026/11/27 18:30:05] [sidegate:0] The app gave no answer  code=upstream_timeout'],
    })
  })

  test.each([
    ['standard-logging-format', 'S {{.Message}}', /^S Sidegate is listening/u],
    ['auth-logging-format', 'A {{.Status}}', /^A AuthFailure$/u],
    ['request-logging-format', 'R {{.StatusCode}}', /^R 200$/u],
  ])('%s alone has all lines written in the formats of oauth2-proxy', async (flag, template, expected) => {
    const { stdout, stderr } = await written(everything, `--${flag}=${template}`)
    expect(stdout.filter((line) => expected.test(line))).toHaveLength(1)
    expect([...stdout, ...stderr].filter((line) => line.startsWith('{'))).toEqual([])
    expect(stderr).toHaveLength(1)
  })

  test('errors-to-info-log keeps errors among the other lines, in their order', async () => {
    const { stdout, stderr } = await written(everything, '--log-format=oauth2-proxy', '--errors-to-info-log')
    expect(stderr).toEqual([])
    expect(stdout[1]).toContain('The app gave no answer')
  })

  test('JSON and text stay on standard output, errors too', async () => {
    for (const format of ['json', 'text', 'auto'])
      expect((await written(everything, `--log-format=${format}`)).stderr).toEqual([])
  })

  test('errors go to standard error in every format when there is a log file', async () => {
    expect((await written(everything, '--logging-filename=/var/log/gate.log')).stderr).toHaveLength(1)
    const together = ['--logging-filename=/var/log/gate.log', '--errors-to-info-log']
    expect((await written(everything, ...together)).stderr).toEqual([])
  })

  test.each([
    ['standard-logging', 2, 0],
    ['auth-logging', 2, 1],
    ['request-logging', 2, 1],
  ])('%s=false leaves out its lines', async (flag, stdout, stderr) => {
    const lines = await written(everything, '--log-format=oauth2-proxy', `--${flag}=false`)
    expect([lines.stdout.length, lines.stderr.length]).toEqual([stdout, stderr])
  })

  test('paths that are excluded have no line', async () => {
    const args = ['--log-format=oauth2-proxy', '--exclude-logging-path=/inbox']
    expect((await written((log) => log.finished(RECORD), ...args)).stdout).toEqual([])
  })

  test('behind a reverse proxy the client has no port, as it is the one that the proxy told', async () => {
    const { stdout } = await written(
      (log) => log.finished(RECORD),
      '--log-format=oauth2-proxy',
      '--reverse-proxy',
    )
    expect(stdout[0]).toMatch(/^192\.0\.2\.7 - /u)
  })

  test('an address of IPv6 stands in brackets before its port', async () => {
    const { stdout } = await written(
      (log) => log.finished({ ...RECORD, client: '2001:db8::7' }),
      '--log-format=oauth2-proxy',
    )
    expect(stdout[0]).toMatch(/^\[2001:db8::7\]:4711 - /u)
  })

  test('a request line has a dash or a zero for what is not known', async () => {
    const { request: _, ...bare } = RECORD
    const unknown = { bytes: undefined, client: undefined, user: undefined, upstream: undefined, host: '' }
    const { stdout } = await written(
      (log) => log.finished({ ...bare, ...unknown }),
      '--log-format=oauth2-proxy',
    )
    expect(stdout[0]).toBe(
      '- - request-1 - - [2026/11/27 18:30:03] - GET - "/inbox" - "curl \\"8\\"" 200 0 1.234',
    )
  })

  test.each(['code', 'state', 'id_token_hint', 'access_token', 'client_secret', 'user.password'])(
    'the value of the parameter %s is not written [IL-71]',
    async (name) => {
      const request = anIncomingRequest({ target: `/x?a=1&${name}=s3cret-value&b=2` })
      const { stdout } = await written(
        (log) => log.finished({ ...RECORD, request }),
        '--log-format=oauth2-proxy',
      )
      expect(stdout[0]).toContain(`"/x?a=1&${name}=[redacted]&b=2"`)
    },
  )

  test('the tokens of a session are told by their presence only [IL-72]', async () => {
    const tokens = { access: 'tok-a', id: 'tok-i', refresh: undefined, accessExpiresAtMs: NOW_MS + 300_000 }
    const person = {
      user: 's1',
      email: 'alice@example.com',
      groups: ['a', 'b'],
      tokens,
      refreshedAtMs: NOW_MS,
    }
    const { stdout } = await written(
      (log) => log.event('sign_in_succeeded', 'info', { provider: 'oidc', [PERSON]: person }),
      '--log-format=oauth2-proxy',
    )
    expect(stdout[0]).toContain(
      '[AuthSuccess] Authenticated via OAuth2: Session{email:alice@example.com user:s1 PreferredUsername: token:true id_token:true created:2026-11-27 18:30:05.007 +0000 UTC expires:2026-11-27 18:35:05.007 +0000 UTC refresh_token:false groups:[a b]}',
    )
  })
})

describe('the words of oauth2-proxy for an event', () => {
  type Case = [EventName, Record<string, string>, string]
  test.each<Case>([
    ['sign_in_succeeded', { source: 'local' }, '[AuthSuccess] Authenticated via HtpasswdFile'],
    [
      'sign_in_failed',
      { source: 'local', code: 'credentials_wrong' },
      '[AuthFailure] Invalid authentication via HtpasswdFile',
    ],
    [
      'sign_in_failed',
      { source: 'local', code: 'too_many_attempts' },
      '[AuthFailure] Invalid authentication via HtpasswdFile: too_many_attempts',
    ],
    [
      'sign_in_failed',
      { code: 'state_mismatch', check: 'browser' },
      '[AuthFailure] Invalid authentication via OAuth2: CSRF token mismatch, potential attack',
    ],
    [
      'sign_in_failed',
      { code: 'state_mismatch', check: 'cookie' },
      '[AuthFailure] Invalid authentication via OAuth2: unable to obtain CSRF cookie',
    ],
    ['basic_accepted', {}, '[AuthSuccess] Authenticated via basic auth and HTpasswd File'],
    [
      'basic_refused',
      { code: 'credentials_wrong' },
      '[AuthFailure] Invalid authentication via basic auth: not in Htpasswd File',
    ],
    [
      'session_denied',
      { rule: 'email' },
      '[AuthFailure] Invalid authorization via session (invalid email): refusing session ',
    ],
    [
      'session_denied',
      { rule: 'group' },
      '[AuthFailure] Invalid authorization via session (unauthorized): refusing session ',
    ],
    [
      'sign_in_failed',
      { code: 'code_refused' },
      '[sidegate:0] Error redeeming code during OAuth2 callback: code_refused',
    ],
    [
      'sign_in_failed',
      { code: 'provider_refused' },
      '[sidegate:0] Error while parsing OAuth2 callback: provider_refused',
    ],
    [
      'bearer_refused',
      { code: 'bearer_invalid' },
      '[sidegate:0] Error retrieving session from token in Authorization header: bearer_invalid',
    ],
    [
      'session_refresh_failed',
      { code: 'provider_unreachable' },
      '[sidegate:0] Unable to refresh session: provider_unreachable',
    ],
    ['signed_out', { user: 's1' }, '[sidegate:0] signed out  user=s1'],
  ])('the event %s is told as oauth2-proxy tells it: %j', async (event, fields, words) => {
    const level = event === 'basic_accepted' || event === 'session_denied' ? 'debug' : 'info'
    const { stdout, stderr } = await written(
      (log) => log.event(event, level, fields),
      '--log-format=oauth2-proxy',
    )
    expect([...stdout, ...stderr].join('\n')).toContain(words)
  })

  test('events that every request would repeat are left out, as in the other formats', async () => {
    const { stdout } = await written((log) => {
      log.event('sign_in_started', 'debug', {})
      log.line('debug', 'x')
    }, '--log-format=oauth2-proxy')
    expect(stdout).toEqual([])
  })
})

describe('the settings of log formats', () => {
  test('a template that is not known stops the start with the option and the construct', async () => {
    expect(problemsOf({ args: ['--auth-logging-format={{range .Client}}{{end}}'] })).toEqual([
      expect.stringMatching(/^--auth-logging-format: remove "range \.Client"/u),
    ])
  })

  test('a template beside log-format=json stops the start', async () => {
    const args = ['--log-format=json', '--request-logging-format={{.Client}}']
    expect(problemsOf({ args })).toEqual([
      expect.stringMatching(/^--request-logging-format: .*log-format=json/u),
    ])
  })

  test('an empty template is its default, and asks for nothing', async () => {
    expect(configOf({ args: ['--request-logging-format='] }).log.oauth2Proxy).toBeUndefined()
  })

  test('the sizes and ages of log files that are not given are those of oauth2-proxy', async () => {
    expect(configOf({ args: ['--logging-filename=/l/g.log'] }).log.file).toEqual({
      path: '/l/g.log',
      maxBytes: 100 * 1024 * 1024,
      maxAgeMs: 7 * 24 * 3600 * 1000,
      maxBackups: undefined,
      compress: false,
      utc: false,
    })
  })

  test('a log file is refused on Workers, where there are no files', async () => {
    expect(problemsOf({ env: { OAUTH2_PROXY_LOGGING_FILENAME: '/g.log' }, runtime: 'workers' })[0]).toContain(
      'OAUTH2_PROXY_LOGGING_FILENAME',
    )
  })
})
