import type { OAuth2ProxyLog } from '../../config/sections/log/formats.ts'
import type { LogConfig } from '../../config/sections/log.ts'
import type { LOG_FIELDS } from '../../config/values/log-format/template.ts'
import type { IncomingRequest, Platform } from '../../platform.ts'
import type { Level } from '../../problems.ts'
import { type EventFields, type FinishedRequest, PERSON, REQUEST, type Sink } from '../event.ts'
import { toPairs } from '../text-lines.ts'
import { type Told, toTold } from './auth-lines.ts'
import { createTimestamp, toGoQuotedBytes } from './go-text.ts'
import { type LineFields, renderLine } from './render.ts'

/**
 * Log lines of oauth2-proxy by its three templates: those of the program, of sign-ins and of requests. What it has no
 * line for stands in the standard log, with the fields behind the sentence.
 */
export function createOAuth2ProxyLines(
  config: Pick<LogConfig, 'standard' | 'auth' | 'requests'>,
  { templates, utc, ports }: OAuth2ProxyLog,
  { now, write, writeError = write }: Pick<Platform, 'now' | 'write' | 'writeError'>,
): Sink {
  const timestamp = createTimestamp(utc)

  function standard(stream: 'standard' | 'error', message: string): void {
    if (!config.standard) return
    const fields = { Timestamp: () => timestamp(now()), File: () => SOURCE, Message: () => message }
    const line = renderLine(templates.standard, fields)
    if (stream === 'error') writeError(line)
    else write(line)
  }

  function auth({ status, message }: Told & { stream: 'auth' }, fields: EventFields): void {
    if (!config.auth) return
    const exchange = fields[REQUEST]
    const { facts, request } = exchange ?? {}
    const session = fields[PERSON]
    const named = session?.email || session?.user || text(fields['user'])
    write(
      renderLine(templates.auth, {
        Client: () => toClient(facts?.client ?? text(fields['client']), request, ports),
        Host: () => facts?.host ?? '-',
        Protocol: () => toProtocol(request),
        RequestID: () => exchange?.requestId ?? text(fields['request_id']),
        RequestMethod: () => request?.method ?? '-',
        Timestamp: () => timestamp(now()),
        UserAgent: () => toGoQuotedBytes(facts?.userAgent ?? ''),
        Username: () => named || '-',
        Status: () => status,
        Message: () => message,
      }),
    )
  }

  return {
    program(level, message, fields) {
      if (level !== 'debug') standard(streamOf(level), `${message}${toPairs(fields)}`)
    },
    event(event, level, fields) {
      const told = toTold(event, fields)
      if (told?.stream === 'auth') auth(told, fields)
      else if (level === 'debug') return
      else if (told === undefined)
        standard(streamOf(level), `${event.replaceAll('_', ' ')}${toPairs(fields)}`)
      else standard(told.stream, `${told.message}${toPairs({ ...fields, code: undefined })}`)
    },
    ...(config.requests && {
      request: (finished) => write(renderLine(templates.request, toFields(finished))),
    }),
  }

  function toFields(finished: FinishedRequest): LineFields<RequestField> {
    const { request } = finished
    return {
      Client: () => toClient(finished.client, request, ports),
      Host: () => finished.host || '-',
      Protocol: () => toProtocol(request),
      RequestDuration: () => (finished.durationMs / 1000).toFixed(3),
      RequestID: () => finished.requestId,
      RequestMethod: () => finished.method,
      RequestURI: () => toGoQuotedBytes(withoutSecrets(request?.target ?? finished.path)),
      ResponseSize: () => String(finished.bytes ?? request?.answerBytes ?? 0),
      StatusCode: () => String(finished.status),
      Timestamp: () => timestamp(now() - finished.durationMs),
      Upstream: () => finished.upstream ?? '-',
      UserAgent: () => toGoQuotedBytes(finished.userAgent),
      Username: () => finished.user || '-',
    }
  }
}

/** oauth2-proxy names a line of its own source here. */
const SOURCE = 'sidegate:0'

function streamOf(level: Level): 'standard' | 'error' {
  return level === 'error' ? 'error' : 'standard'
}

function text(value: EventFields[string]): string {
  return value === undefined ? '' : String(value)
}

/** The client as oauth2-proxy names it: address and port of the peer; behind a reverse proxy the address that was told. */
function toClient(client: string | undefined, request: IncomingRequest | undefined, ports: boolean): string {
  const address = client || (request?.peer.kind === 'ip' ? request.peer.address : '')
  const port = request?.peerPort
  if (!ports || address === '' || port === undefined) return address || '-'
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function toProtocol(request: IncomingRequest | undefined): string {
  return request === undefined ? '-' : `HTTP/${request.httpVersion === '2' ? '2.0' : request.httpVersion}`
}

const SECRET =
  /([?&;](?:code|state|session_state|[\w.-]*(?:token|secret|password|assertion)[\w.-]*)=)[^&;#]+/giu

/** The target without the values of parameters that are secrets; oauth2-proxy writes codes and states. */
function withoutSecrets(target: string): string {
  return target.includes('?') ? target.replace(SECRET, '$1[redacted]') : target
}

type RequestField = (typeof LOG_FIELDS.request)[number]
