import type { Result } from '../../result.ts'
import type { OPTIONS, ReadableFlag } from '../options.ts'
import { quote } from '../report.ts'
import type { Settings } from '../settings.ts'
import { parseCidr } from './cidr.ts'

/** Options that hold a list. */
export type ListFlag = {
  [Name in ReadableFlag]: (typeof OPTIONS)[Name] extends { kind: 'list' } ? Name : never
}[ReadableFlag]

/** Reads each entry of a list option; entries that cannot be read are reported one by one, copies are dropped. */
export function readEach<Entry>(
  settings: Settings,
  flag: ListFlag,
  parse: (text: string) => Result<Entry, string>,
): readonly Entry[] {
  const entries: Entry[] = []
  for (const text of new Set<string>(settings.value(flag))) {
    const parsed = parse(text)
    if (parsed.ok) entries.push(parsed.value)
    else settings.problem(flag, `${parsed.problem} (given ${quote(text)})`)
  }
  return entries
}

/** Reads a list of IP addresses and ranges. */
export function readCidrs(settings: Settings, flag: 'trusted-proxy-ip' | 'trusted-ip'): readonly string[] {
  return readEach(settings, flag, parseCidr)
}
