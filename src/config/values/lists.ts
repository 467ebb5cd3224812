import { quote } from '../../lib/text.ts'
import type { Result } from '../../result.ts'
import type { Settings } from '../settings.ts'
import { parseCidr } from './cidr.ts'

/** Settings in which this option holds a list. */
type ListSettings<Flag extends string> = Settings<Readonly<Record<Flag, readonly string[]>>>

/** Reads each entry of a list option as `parseEach` does. */
export function readEach<Flag extends string, Entry>(
  settings: ListSettings<Flag>,
  flag: Flag,
  parse: (text: string) => Result<Entry | undefined, string>,
): readonly Entry[] {
  return parseEach(settings.value(flag), parse, (sentence) => settings.problem(flag, sentence))
}

/** Parses each entry of a list; those that cannot be read are reported one by one, copies and undefined ones are dropped. */
export function parseEach<Entry>(
  texts: readonly string[],
  parse: (text: string) => Result<Entry | undefined, string>,
  report: (sentence: string) => void,
): readonly Entry[] {
  const entries: Entry[] = []
  for (const text of new Set(texts)) {
    const parsed = parse(text)
    if (!parsed.ok) report(`${parsed.problem} (given ${quote(text)})`)
    else if (parsed.value !== undefined) entries.push(parsed.value)
  }
  return entries
}

/**
 * Reads a list of names of which a person needs one; `what` is one of them. A flag such as `--allowed-group=$GROUP` with
 * nothing in it would let everyone in instead of keeping most people out, so it is refused.
 */
export function readAllowed<Flag extends string>(
  settings: ListSettings<Flag>,
  { flag, what }: { flag: Flag; what: string },
): readonly string[] {
  const names = settings.value(flag)
  if (names.length === 0 && settings.source(flag) === 'flag') {
    settings.problem(flag, `give a ${what} or leave the flag out, without one everybody is allowed`)
  }
  if (names.some((name) => name.trim() === '')) settings.problem(flag, 'remove the blank entry')
  return names
}

/** Reads a list of IP addresses and ranges. */
export function readCidrs<Flag extends string>(settings: ListSettings<Flag>, flag: Flag): readonly string[] {
  return readEach(settings, flag, parseCidr)
}
