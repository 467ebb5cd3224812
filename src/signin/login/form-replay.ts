import type { Exchange } from '../../http/exchange.ts'
import { readForm } from '../../http/form.ts'
import type { Site } from '../../http/site.ts'
import { problem } from '../../problems.ts'
import { failed, ok, type Result } from '../../result.ts'

/** One field of a form, decoded. */
export interface Field {
  readonly name: string
  readonly value: string
}

const MAX_FIELDS = 200
/**
 * Characters that do not come back from HTML as they were: it cannot carry NUL, and the other stands where bytes were
 * no UTF-8.
 */
const ALTERED = /[\0\ufffd]/u

/**
 * Reads the fields of a form that was posted without a session, so that a page can hold them; `form_not_sent` for
 * whatever cannot be held byte for byte. Only a page of this site may have sent it: a person who sends it again sends
 * it as themselves, which must not happen to what another site wrote (OWASP CSRF).
 */
export async function readFormReplay(
  exchange: Exchange,
  { limitBytes, site }: { readonly limitBytes: number; readonly site: Site },
): Promise<Result<readonly Field[]>> {
  if (limitBytes === 0) return notSent('form-replay-limit')
  if (!site.isFromOwnPage(exchange.facts)) return notSent('origin')
  const form = await readForm(exchange, { maxBytes: limitBytes, maxFields: MAX_FIELDS })
  if (!form.ok) return notSent(String(form.problem.detail?.['why'] ?? form.problem.reason))
  const fields = Array.from(form.value, ([name, value]) => ({ name, value }))
  const isAltered = fields.some(({ name, value }) => ALTERED.test(name) || ALTERED.test(value))
  return isAltered ? notSent('encoding') : ok(fields)
}

function notSent(why: string): Result<never> {
  return failed(problem('form_not_sent', { why }))
}
