import { quote } from '../../lib/text.ts'
import { failed, ok, type Result } from '../../result.ts'
import type { Secret } from '../values/header-rows.ts'

/** File reads that a runtime provides; both throw when a file cannot be read. */
export interface Files {
  readonly readFile: ((path: string) => string) | undefined
  readonly readBinaryFile: ((path: string) => Uint8Array) | undefined
}

/** Reads a text file; the failure names the path and never the content. */
export function readTextFile(files: Files, path: string): Result<string, string> {
  return attempt(path, () => files.readFile?.(path))
}

/** Reads a file as bytes; the failure names the path and never the content. */
export function readBytesFile(files: Files, path: string): Result<Uint8Array, string> {
  return attempt(path, () => files.readBinaryFile?.(path))
}

function attempt<Content>(path: string, read: () => Content | undefined): Result<Content, string> {
  try {
    const content = read()
    return content === undefined ? failed('remove this setting, there are no files here') : ok(content)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
    return failed(`make the file ${quote(path)} readable${code}`)
  }
}

/** Type of an entry of a PEM file (RFC 7468 §4); that of a key may have its algorithm in front. */
export type PemType = 'CERTIFICATE' | 'PRIVATE KEY' | 'PUBLIC KEY'

/** Finds what is wrong with PEM text that has to have an entry of this type, or its file; undefined when it is good. */
export function checkPem(files: Files, source: Secret, type: PemType): string | undefined {
  const text = 'file' in source ? readTextFile(files, source.file) : ok(source.value)
  if (!text.ok) return text.problem
  if (new RegExp(`^-----BEGIN (?:[A-Z]+ )*${type}-----`, 'mu').test(text.value)) return undefined
  const where = 'file' in source ? quote(source.file) : 'this text'
  return `give a PEM file with "-----BEGIN ${type}-----", ${where} has none`
}
