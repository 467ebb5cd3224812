import { quote } from '../../../lib/text.ts'
import { failed, ok, type Result } from '../../../result.ts'
import type { RawValue } from '../../raw.ts'
import type { Report } from '../../report.ts'
import { type Files, readTextFile } from '../../sources/files.ts'
import {
  type HeaderRow,
  type HeaderRows,
  type HeaderSource,
  isTokenName,
  type RequestHeaderRow,
  type Secret,
} from '../../values/header-rows.ts'

/** Headers of both directions as a source gave them, by the names of oauth2-proxy's structured configuration. */
export interface RawHeaders {
  readonly request: readonly RawHeader[]
  readonly response: readonly RawHeader[]
}

/** One header line; without values it is only deleted. */
export interface RawHeader {
  readonly name: RawValue<string>
  /** Counts towards the upstream only. */
  readonly preserveRequestValue: RawValue<boolean>
  readonly values: readonly RawHeaderValue[]
}

/** Either a claim of the session, tokens included, or a secret. */
export interface RawHeaderValue {
  /** The first of these that has a value counts; `access_token`, `id_token` and `refresh_token` are tokens. */
  readonly claim: RawValue<readonly string[]>
  /** Stands before each value of the claim. */
  readonly prefix: RawValue<string>
  /** Makes Basic credentials (RFC 7617) of the claim. */
  readonly basicAuthPassword: RawValue<Secret>
  readonly secret: RawValue<Secret>
}

interface CheckHeadersDeps {
  readonly files: Files
  readonly report: Report
}

/** Header lines that frame a message or say where it goes (RFC 9110 §7.2, §7.6.1, RFC 9112 §6): never made of a row. */
const FRAMING =
  /^(?:connection|content-length|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/u

/** Checks headers of any source. */
export function checkHeaders({ request, response }: RawHeaders, deps: CheckHeadersDeps): HeaderRows {
  return {
    request: checkList(request, deps),
    response: checkList(response, deps).map(({ name, values }): HeaderRow => ({ name, values })),
  }
}

/** One list, in which each name stands once. */
function checkList(headers: readonly RawHeader[], deps: CheckHeadersDeps): readonly RequestHeaderRow[] {
  const names = new Set<string>()
  return headers.map(({ name: { value: name = '', label }, preserveRequestValue, values }) => {
    if (!/^[\w!#$%&'*+.^`|~-]{1,64}$/u.test(name) || FRAMING.test(name.toLowerCase())) {
      deps.report.problem(
        label,
        `give the name of a header, and none that frames the message, not ${quote(name)}`,
      )
    } else if (names.has(name.toLowerCase())) {
      deps.report.problem(label, `give each header once with all its values, two are ${quote(name)}`)
    }
    names.add(name.toLowerCase())
    return {
      name,
      values: values.flatMap((value) => checkValue(value, deps) ?? []),
      preserveRequestValue: preserveRequestValue.value ?? false,
    }
  })
}

function checkValue(value: RawHeaderValue, { files, report }: CheckHeadersDeps): HeaderSource | undefined {
  const { claim, basicAuthPassword, secret } = value
  for (const { value: given, label } of [basicAuthPassword, secret]) {
    const read = given !== undefined && 'file' in given ? readTextFile(files, given.file) : ok('')
    if (!read.ok) report.problem(label, read.problem)
  }
  const source = toSource(value)
  if (source.ok) return source.value
  report.problem(secret.value === undefined ? claim.label : secret.label, source.problem)
  return undefined
}

function toSource({
  claim,
  prefix,
  basicAuthPassword,
  secret,
}: RawHeaderValue): Result<HeaderSource, string> {
  const names = claim.value
  if (secret.value !== undefined) {
    return names === undefined
      ? ok({ kind: 'secret', secret: secret.value })
      : failed('give a claim or a secret, not both')
  }
  if (names === undefined || names.length === 0 || names.includes(''))
    return failed('name a claim, or give a secret')
  const token = names.find(isTokenName)
  if (token === undefined) {
    return ok(
      basicAuthPassword.value === undefined
        ? { kind: 'claim', names, prefix: prefix.value ?? '' }
        : { kind: 'basic', user: { names }, password: basicAuthPassword.value },
    )
  }
  if (names.length > 1) return failed('name a token alone')
  return basicAuthPassword.value === undefined
    ? ok({ kind: 'token', name: token, prefix: prefix.value ?? '' })
    : failed(`name a claim of the person, ${token} is no user name`)
}
