import type { OptionRows } from '../../option.ts'
import type { SettingsOf } from '../../settings.ts'
import { parseLogTemplate } from '../../values/log-format/parse.ts'
import { LOG_FIELDS, type LogKind, type LogTemplate } from '../../values/log-format/template.ts'
import type { TRUST_OPTIONS } from '../paths.ts'

/** Options of the form of log lines. */
export const LOG_FORMAT_OPTIONS = {
  'log-format': {
    group: 'Logging',
    kind: 'enum',
    values: ['auto', 'json', 'text', 'oauth2-proxy'],
    default: 'auto',
    about:
      'Lines of JSON, or lines that a person reads with ease. `auto` is text where standard output is a terminal, else JSON. Text leaves out the user agent, the bytes and the names of pod and host. `oauth2-proxy` writes the lines that oauth2-proxy writes by default, for rules that look for `[AuthSuccess]` and `[AuthFailure]`, and errors to standard error; a template of one of the three following options does so too.',
  },
  'standard-logging-format': {
    group: 'Logging',
    kind: 'string',
    placeholders: 'meant',
    default: '[{{.Timestamp}}] [{{.File}}] {{.Message}}',
    about:
      'Template of lines about the program, of Timestamp, File and Message, in the syntax of Go (docs/logging.md); what is not known is refused. Given, all lines have the formats of oauth2-proxy, see log-format.',
  },
  'auth-logging-format': {
    group: 'Logging',
    kind: 'string',
    placeholders: 'meant',
    default: '{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] [{{.Status}}] {{.Message}}',
    about:
      'Template of lines about sign-ins, of Client, Host, Message, Protocol, RequestID, RequestMethod, Status, Timestamp, UserAgent and Username; as standard-logging-format.',
  },
  'request-logging-format': {
    group: 'Logging',
    kind: 'string',
    placeholders: 'meant',
    default:
      '{{.Client}} - {{.RequestID}} - {{.Username}} [{{.Timestamp}}] {{.Host}} {{.RequestMethod}} {{.Upstream}} {{.RequestURI}} {{.Protocol}} {{.UserAgent}} {{.StatusCode}} {{.ResponseSize}} {{.RequestDuration}}',
    about:
      'Template of lines about requests, of Client, Host, Protocol, RequestDuration, RequestID, RequestMethod, RequestURI, ResponseSize, StatusCode, Timestamp, Upstream, UserAgent and Username; as standard-logging-format.',
  },
  'logging-local-time': {
    group: 'Logging',
    kind: 'boolean',
    default: true,
    about:
      'Times in the formats of oauth2-proxy, and in the names of old log files, are those of the zone of this machine; false is UTC. JSON names its zone, which is UTC.',
  },
} as const satisfies OptionRows

/** The lines of oauth2-proxy by its three templates. */
export interface OAuth2ProxyLog {
  readonly templates: Readonly<Record<LogKind, LogTemplate>>
  readonly utc: boolean
  /** Clients have their port, as they do where no proxy in front tells who they are. */
  readonly ports: boolean
}

type FormatSettings = SettingsOf<typeof LOG_FORMAT_OPTIONS & typeof TRUST_OPTIONS>

const FLAGS = {
  standard: 'standard-logging-format',
  auth: 'auth-logging-format',
  request: 'request-logging-format',
} as const satisfies Record<LogKind, keyof typeof LOG_FORMAT_OPTIONS>

/** Reads the three templates; undefined where neither they nor their defaults are asked for. */
export function buildOAuth2ProxyLog(settings: FormatSettings): OAuth2ProxyLog | undefined {
  const format = settings.value('log-format')
  const given = Object.values(FLAGS).filter((flag) => settings.given(flag) && settings.value(flag) !== '')
  const isAsked = format === 'oauth2-proxy' || (format === 'auto' && given.length > 0)
  const [first] = given
  if (first !== undefined && !isAsked) {
    settings.problem(first, `remove this, or log-format=${format}: a line has one format only`)
  }
  for (const flag of Object.values(FLAGS)) {
    if (settings.value(flag) === '') settings.warning(flag, 'this is empty, so the default counts')
  }
  // Most deployments write JSON, and pay nothing for templates.
  if (!isAsked) return undefined
  const templates = {
    standard: readTemplate(settings, 'standard'),
    auth: readTemplate(settings, 'auth'),
    request: readTemplate(settings, 'request'),
  }
  return { templates, utc: !settings.value('logging-local-time'), ports: !settings.value('reverse-proxy') }
}

/** Reads one template; nothing is its default. */
function readTemplate(settings: FormatSettings, kind: LogKind): LogTemplate {
  const flag = FLAGS[kind]
  const text = settings.value(flag) || LOG_FORMAT_OPTIONS[flag].default
  const template = parseLogTemplate(text, LOG_FIELDS[kind])
  if (template.ok) return template.value
  settings.problem(flag, template.problem)
  return []
}
