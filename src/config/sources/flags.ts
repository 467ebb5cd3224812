import { nearestName } from '../../lib/text.ts'
import type { OptionTable } from '../options.ts'
import type { Report } from '../report.ts'
import { parseCsvRecord } from './csv.ts'
import type { Given, OptionSource } from './source.ts'

interface Reading {
  readonly table: OptionTable
  readonly report: Report
  readonly given: Map<string, Given>
}

/**
 * Reads the command line: `--name=value`, `--name value`, and `--name` alone for booleans, which never take the next
 * word. The last of several wins; list flags add up, each one a CSV record.
 */
export function readFlags(args: readonly string[], table: OptionTable, report: Report): OptionSource {
  const reading: Reading = { table, report, given: new Map() }
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? ''
    if (word === '--') {
      warnOfWords(args.slice(at + 1), report)
      break
    }
    if (!/^-./u.test(word)) warnOfWords([word], report)
    else if (takesNextWord(word, table)) at += addWithNextWord(reading, { word, next: args[at + 1] })
    else addFlag(reading, word)
  }
  return reading.given
}

/** Adds a flag whose value is the next word; returns how many words that took beyond its own. */
function addWithNextWord(
  reading: Reading,
  { word, next }: { word: string; next: string | undefined },
): number {
  if (next === undefined) reading.report.usage(word, 'give it a value')
  else addFlag(reading, `${word}=${next}`)
  return 1
}

function addFlag({ table, report, given }: Reading, word: string): void {
  const [, name = '', , text = 'true'] = /^--?([^=]*)(=([\s\S]*))?$/u.exec(word) ?? []
  const flag = word === '-h' ? 'help' : name
  const option = table.get(flag)
  if (option === undefined || (!word.startsWith('--') && word !== '-h')) {
    reportUnknown({ label: word.split('=')[0] ?? word, name }, table, report)
    return
  }
  const label = `--${flag}`
  if (option.kind !== 'list') {
    const earlier = given.get(flag)?.raw
    if (earlier?.form === 'text' && earlier.text !== text) {
      report.warning(label, 'give this flag once, of several values only the last counts')
    }
    given.set(flag, { source: 'flag', label, raw: { form: 'text', text } })
    return
  }
  const items = parseCsvRecord(text)
  if (items === undefined) {
    report.usage(label, 'close the double quote, or write it twice inside a quoted item')
  } else {
    const earlier = given.get(flag)?.raw
    const before = earlier?.form === 'items' ? earlier : { items: [], split: true }
    // In quotes a blank can be meant.
    const split = before.split === true && !text.includes('"')
    given.set(flag, {
      source: 'flag',
      label,
      raw: { form: 'items', items: [...before.items, ...items], split },
    })
  }
}

function takesNextWord(word: string, table: OptionTable): boolean {
  if (!word.startsWith('--') || word.includes('=')) return false
  const option = table.get(word.slice(2))
  return option !== undefined && option.kind !== 'boolean'
}

function reportUnknown(
  { label, name }: { label: string; name: string },
  table: OptionTable,
  report: Report,
): void {
  const nearest = table.has(name) ? name : nearestName(name, table.keys())
  const hint = nearest === undefined ? 'see --help for all of them' : `did you mean --${nearest}?`
  report.usage(label, `remove this flag, it is not known; ${hint}`)
}

/** Words without dashes do nothing. They may be a secret after a stray space, so only plain booleans are repeated. */
function warnOfWords(words: readonly string[], report: Report): void {
  for (const word of words) {
    const shown = /^(?:true|false|[01tf])$/iu.test(word) ? `the word "${word}"` : 'a word without dashes'
    report.warning('command line', `${shown} is ignored; write values as --name=value`)
  }
}
