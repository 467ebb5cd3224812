import type { AnySettings } from '../../../config/settings.ts'
import { type Files, readTextFile } from '../../../config/sources/files.ts'
import { ok, type Result } from '../../../result.ts'

interface PrivateKeyDeps {
  /** Option with the key itself; the one with the name of its file has the same name with `-file` behind. */
  readonly flag: string
  readonly files: Files
  /** Reads the text of the key as PKCS #8. */
  readonly parse: (text: string) => Result<string, string>
}

/** The private key of the client out of one of two options, in PEM; empty after a problem was reported. */
export function readPrivateKey(settings: AnySettings, { flag, files, parse }: PrivateKeyDeps): string {
  const fileFlag = `${flag}-file`
  const value = String(settings.value(flag))
  const file = String(settings.value(fileFlag))
  if ((value === '') === (file === '')) {
    settings.problem(flag, `give the private key of the client, here or in ${fileFlag}, and not in both`)
    return ''
  }
  const text = value === '' ? readTextFile(files, file) : ok(value)
  const key = text.ok ? parse(text.value) : text
  if (!key.ok) settings.problem(value === '' ? fileFlag : flag, key.problem)
  return key.ok ? key.value : ''
}
