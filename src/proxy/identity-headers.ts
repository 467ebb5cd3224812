import type { HeadersConfig } from '../config/sections/headers.ts'
import type { HeaderRow, Secret } from '../config/values/header-rows.ts'
import type { HeaderLines, Platform } from '../platform.ts'
import type { Session } from '../session/session.ts'
import { compileConstantRow, compileRow, type ReadSecret } from './header-values.ts'

/** The header lines of the configured rows. Sessions are immutable, so each is turned into lines once. */
export interface IdentityHeaders {
  /** Lines for the upstream; without a session only those of rows that say nothing about a person. */
  forRequest(session: Session | undefined): HeaderLines
  /** Lines for the client; with a session GAP-Auth is among them. */
  forResponse(session: Session | undefined): HeaderLines
}

/** Row that no option changes: oauth2-proxy adds it to every answer with a session. */
const GAP_AUTH: HeaderRow = {
  name: 'GAP-Auth',
  values: [{ kind: 'claim', names: ['email', 'user'], prefix: '' }],
}

/** Compiles the rows. A value that is empty or cannot be sent makes no line. */
export function createIdentityHeaders(
  { request, response }: Pick<HeadersConfig, 'request' | 'response'>,
  platform: Pick<Platform, 'readFile' | 'watch'>,
): IdentityHeaders {
  const readSecret = createReadSecret([...request, ...response], platform, () => {
    forRequest.clear()
    forResponse.clear()
  })
  const forRequest = compileLines(request, readSecret)
  const forResponse = compileLines([GAP_AUTH, ...response], readSecret)
  return { forRequest: forRequest.lines, forResponse: forResponse.lines }
}

interface CompiledLines {
  lines(session: Session | undefined): HeaderLines
  /** Drops the lines that were made with secrets that changed. */
  clear(): void
}

function compileLines(rows: readonly HeaderRow[], readSecret: ReadSecret): CompiledLines {
  const values = named(rows, (row) => compileRow(row, readSecret))
  const constants = named(rows, (row) => compileConstantRow(row, readSecret))
  const makeConstantLines = () => constants.flatMap(({ name, value }) => toLine(name, value()))
  const makeLines = (session: Session): HeaderLines => {
    const lines: string[] = []
    for (const { name, value } of values) {
      const text = value(session)
      if (text !== undefined) lines.push(name, text)
    }
    return lines
  }
  let made = new WeakMap<Session, HeaderLines>()
  let constantLines = makeConstantLines()
  return {
    lines(session) {
      if (session === undefined) return constantLines
      const known = made.get(session)
      if (known !== undefined) return known
      const lines = makeLines(session)
      made.set(session, lines)
      return lines
    },
    clear() {
      made = new WeakMap()
      constantLines = makeConstantLines()
    },
  }
}

function named<Value>(rows: readonly HeaderRow[], compile: (row: HeaderRow) => Value | undefined) {
  return rows.flatMap((row) => {
    const value = compile(row)
    return value === undefined ? [] : [{ name: row.name, value }]
  })
}

function toLine(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [name, value]
}

/** Reads the files of secrets at start, and each again when it changes; the line break at the end is no part of one. */
function createReadSecret(
  rows: readonly HeaderRow[],
  platform: Pick<Platform, 'readFile' | 'watch'>,
  onChange: () => void,
): ReadSecret {
  const texts = new Map<string, string>()
  const keep = (path: string, text: string) => texts.set(path, text.replace(/\r?\n$/u, ''))
  for (const path of new Set(rows.flatMap(({ values }) => values).flatMap(fileOf))) {
    keep(path, platform.readFile?.(path) ?? '')
    platform.watch?.({
      path,
      onChange(text) {
        keep(path, text)
        onChange()
      },
    })
  }
  return (secret) => ('value' in secret ? secret.value : (texts.get(secret.file) ?? ''))
}

function fileOf(source: HeaderRow['values'][number]): readonly string[] {
  const secret: Secret | undefined =
    source.kind === 'secret' ? source.secret : source.kind === 'basic' ? source.password : undefined
  return secret !== undefined && 'file' in secret ? [secret.file] : []
}
