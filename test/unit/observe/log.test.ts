import { describe, expect, test } from 'vitest'
import type { LogConfig } from '../../../src/config/sections/log.ts'
import type { FinishedRequest } from '../../../src/observe/event.ts'
import { createLog } from '../../../src/observe/log.ts'
import { createLogLines } from '../../../src/observe/log-lines.ts'
import type { Platform } from '../../../src/platform.ts'
import type { Level } from '../../../src/problems.ts'

const NOW_MS = Date.UTC(2026, 10, 23, 12, 30, 5, 7)
const ALL_ON: LogConfig = {
  format: 'json',
  oauth2Proxy: undefined,
  file: undefined,
  errorsApart: false,
  requests: true,
  auth: true,
  standard: true,
  silencePing: false,
  excludePaths: [],
  context: {},
}
const RECORD: FinishedRequest = {
  requestId: 'request-1',
  method: 'GET',
  host: 'app.example.com',
  path: '/inbox',
  status: 200,
  bytes: 512,
  durationMs: 1.2345,
  client: '192.0.2.7',
  user: 'alice@example.com',
  upstream: '/',
  verdict: 'allow',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
  aborted: false,
}
const HOSTILE = 'a"b\\c\r\nd\u001b[31me\u0000\u0085\u2028\u2029\u202e\u{e0041}é\ud800'

function logTo(lines: string[], config: Partial<LogConfig> = {}, isTerminal = false) {
  const unused = () => {
    throw new TypeError('the log asks the platform for the time and a line, for nothing else')
  }
  const platform: Platform = {
    runtime: 'node',
    incomingRequest: unused,
    forward: unused,
    fetch: unused,
    now: () => NOW_MS,
    write: (line) => lines.push(line),
    isTerminal,
  }
  return createLog([createLogLines({ ...ALL_ON, ...config }, platform)])
}

function written(use: (log: ReturnType<typeof logTo>) => void, config?: Partial<LogConfig>) {
  const lines: string[] = []
  use(logTo(lines, config))
  return lines
}

describe('a line', () => {
  test('a log line is one JSON object: time, level, message, fields, context', () => {
    const context = { container: 'gate', pod: 'app-7f9' }
    const lines = written(
      (log) =>
        log.line('warn', 'Provider is slow', {
          ms: 1200,
          rate: Number.NaN,
          retry: true,
          none: undefined,
        }),
      {
        context,
      },
    )
    expect(lines).toEqual([
      '{"time":"2026-11-23T12:30:05.007Z","level":"warn","msg":"Provider is slow","ms":1200,"rate":null,"retry":true,"container":"gate","pod":"app-7f9"}',
    ])
  })

  test.each(['debug', 'info', 'warn', 'error'] as const)(
    'a log line is written unless its level is debug: %s',
    (level: Level) => {
      const lines = written((log) => {
        log.line(level, 'x')
        log.event('signed_out', level, {})
      })
      expect(lines).toHaveLength(level === 'debug' ? 0 : 2)
    },
  )
})

test('an event carries its stable code beside the readable message', () => {
  const [line] = written((log) =>
    log.event('sign_in_failed', 'warn', { code: 'state_mismatch', request_id: 'r' }),
  )
  expect(JSON.parse(line!)).toEqual({
    time: '2026-11-23T12:30:05.007Z',
    level: 'warn',
    msg: 'sign in failed',
    event: 'sign_in_failed',
    code: 'state_mismatch',
    request_id: 'r',
  })
})

describe('the access line', () => {
  test('the access line holds the whole record under stable names', () => {
    const [line] = written((log) => log.finished(RECORD), { context: { pod: 'p' } })
    expect(JSON.parse(line!)).toEqual({
      time: '2026-11-23T12:30:05.007Z',
      level: 'info',
      msg: 'request',
      request_id: 'request-1',
      method: 'GET',
      host: 'app.example.com',
      path: '/inbox',
      status: 200,
      bytes: 512,
      duration_ms: 1.2,
      client: '192.0.2.7',
      user: 'alice@example.com',
      upstream: '/',
      verdict: 'allow',
      user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
      pod: 'p',
    })
  })

  test('the access line leaves out what is not known and marks a client that left', () => {
    const unknown = {
      bytes: undefined,
      client: undefined,
      user: undefined,
      upstream: undefined,
      aborted: true,
    }
    const fields = JSON.parse(written((log) => log.finished({ ...RECORD, ...unknown }))[0]!)
    for (const name of ['bytes', 'client', 'user', 'upstream']) expect(fields).not.toHaveProperty(name)
    expect(fields.aborted).toBe(true)
  })
})

describe('hostile text', () => {
  const TEXT_FIELDS = [
    'requestId',
    'method',
    'host',
    'path',
    'client',
    'user',
    'upstream',
    'verdict',
    'userAgent',
  ] as const

  test.each(TEXT_FIELDS)(
    'hostile text in %s stays inside its field, on one line, without a control or format character',
    (field) => {
      const [line] = written((log) => log.finished({ ...RECORD, [field]: HOSTILE }))
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
      expect(Object.values(JSON.parse(line!))).toContain(HOSTILE)
    },
  )

  test('hostile text in messages, field names and values is escaped the same way', () => {
    const lines = written((log) => {
      log.line('info', HOSTILE, { [HOSTILE]: HOSTILE })
      log.event('signed_out', 'info', { [HOSTILE]: HOSTILE })
    })
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
    expect(JSON.parse(lines[0]!)[HOSTILE]).toBe(HOSTILE)
    expect(JSON.parse(lines[1]!)[HOSTILE]).toBe(HOSTILE)
  })

  test('hostile text that is long is cut, a character pair in the middle included', () => {
    const long = 'x'.repeat(1023) + '😀'.repeat(50_000)
    const [line] = written((log) => log.finished({ ...RECORD, path: long, userAgent: 'u'.repeat(100_000) }))
    expect(line!.length).toBeLessThan(2600)
    const { path, user_agent } = JSON.parse(line!)
    expect(path).toHaveLength(1025)
    expect(user_agent).toBe(`${'u'.repeat(1024)}…`)
  })
})

describe('secrets', () => {
  const SECRET = 'hunter2-very-secret'

  test.each([
    'access_token',
    'refreshToken',
    'id_token',
    'client_secret',
    'Cookie',
    'set-cookie',
    'Authorization',
    'password',
    'basic_auth_passwd',
    'code',
    'state',
    'code_verifier',
    'nonce',
    'client_assertion',
    'logout_jwt',
    'private_key',
    'rd',
    'query',
  ])('a secret in a field called %s is never written', (name) => {
    const lines = written((log) => {
      log.line('error', 'x', { [name]: SECRET })
      log.event('sign_in_failed', 'warn', { [name]: SECRET })
    })
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      expect(line).not.toContain(SECRET)
      expect(line).toContain('[redacted]')
    }
  })

  test.each(['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'Bearer eyJhbGciOiJkaXIifQ..iv.text.tag'])(
    'a secret is recognised by its shape under a harmless name: %s',
    (token) => {
      const [line] = written((log) => log.line('info', 'x', { detail: token }))
      expect(line).not.toContain('eyJ')
    },
  )

  test('a secret is not seen in a reason code and in numbers about secrets', () => {
    const [line] = written((log) => log.line('info', 'x', { code: 'session_too_large', cookie_bytes: 9000 }))
    expect(JSON.parse(line!)).toMatchObject({ code: 'session_too_large', cookie_bytes: 9000 })
  })
})

describe('switches', () => {
  const everything = (log: ReturnType<typeof logTo>) => {
    log.line('error', 'standard')
    log.event('signed_out', 'info', {})
    log.finished(RECORD)
  }
  const messages = (config: Partial<LogConfig>) =>
    written(everything, config).map((line) => JSON.parse(line).msg as string)

  test('each of the three log streams can be switched off alone', () => {
    expect(messages({})).toEqual(['standard', 'signed out', 'request'])
    expect(messages({ standard: false })).toEqual(['signed out', 'request'])
    expect(messages({ auth: false })).toEqual(['standard', 'request'])
    expect(messages({ requests: false })).toEqual(['standard', 'signed out'])
  })

  test('paths that are excluded from the access log match exactly', () => {
    const paths = ['/health', '/health/', '/healthz', '/HEALTH', '/health%2f', '/']
    const lines = written(
      (log) => {
        for (const path of paths) log.finished({ ...RECORD, path })
      },
      {
        excludePaths: ['/health', '/other'],
      },
    )
    expect(lines.map((line) => JSON.parse(line).path)).toEqual(paths.slice(1))
  })

  test('probes that are silenced leave no access line, and all else does', () => {
    const verdicts = ['ping', 'ready', 'allow', 'start']
    const seen = (silencePing: boolean) =>
      written(
        (log) => {
          for (const verdict of verdicts) log.finished({ ...RECORD, verdict })
        },
        {
          silencePing,
        },
      ).map((line) => JSON.parse(line).verdict)
    expect(seen(true)).toEqual(['allow', 'start'])
    expect(seen(false)).toEqual(verdicts)
  })
})

describe('the text format', () => {
  const TIME = new Date(NOW_MS).toTimeString().slice(0, 8)
  const text = (use: (log: ReturnType<typeof logTo>) => void) => written(use, { format: 'text' })

  test('a text line about the program is time, level, sentence and pairs', () => {
    const lines = text((log) => {
      log.line('warn', 'Provider is slow', { ms: 1200, why: 'no answer yet', host: 'id.example.com' })
      log.event('sign_in_failed', 'error', { code: 'state_mismatch', user: undefined })
    })
    expect(lines).toEqual([
      `${TIME} warn  Provider is slow  ms=1200  why="no answer yet"  host=id.example.com`,
      `${TIME} error sign in failed  code=state_mismatch`,
    ])
  })

  test('a text line about a request begins with the status and keeps the request id', () => {
    const lines = text((log) => {
      log.finished(RECORD)
      log.finished({ ...RECORD, user: undefined, upstream: undefined, client: undefined, aborted: true })
    })
    expect(lines).toEqual([
      `${TIME} info  200 GET /inbox in 1.2 ms  verdict=allow  user=alice@example.com  upstream=/  host=app.example.com  client=192.0.2.7  request_id=request-1`,
      `${TIME} info  200 GET /inbox in 1.2 ms, the client left  verdict=allow  host=app.example.com  request_id=request-1`,
    ])
  })

  test.each(['requestId', 'method', 'host', 'path', 'client', 'user', 'upstream', 'verdict'] as const)(
    'hostile text in %s neither ends a text line nor moves the terminal',
    (field) => {
      const [line = ''] = text((log) => log.finished({ ...RECORD, [field]: HOSTILE }))
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
      expect(line.length).toBeLessThan(400)
    },
  )

  test('a value in a text line cannot pass for another field', () => {
    const [line] = text((log) => log.line('info', 'x', { user: 'a  verdict=allow', role: 'b=c', note: '' }))
    expect(line).toBe(`${TIME} info  x  user="a  verdict=allow"  role="b=c"  note=""`)
  })

  test('a secret is redacted in text lines as in JSON', () => {
    const [line] = text((log) => log.line('info', 'x', { password: 'hunter2', detail: 'Bearer eyJh.b.c' }))
    expect(line).toBe(`${TIME} info  x  password=[redacted]  detail=[redacted]`)
  })

  test.each([
    ['auto', true, 'text'],
    ['auto', false, 'JSON'],
    ['json', true, 'JSON'],
    ['text', false, 'text'],
  ] as const)('log-format=%s with a terminal %s writes %s', (format, isTerminal, form) => {
    const lines: string[] = []
    logTo(lines, { format }, isTerminal).line('info', 'x')
    expect(lines[0]?.startsWith('{')).toBe(form === 'JSON')
  })
})
