import type { Option } from '../option.ts'
import { OPTIONS, ROWS } from '../options.ts'
import type { Report } from '../report.ts'
import { parseCsvRecord } from './csv.ts'
import { nearestName } from './nearest.ts'
import type { Given, Source } from './source.ts'

/**
 * Reads the command line: `--name=value`, `--name value`, and `--name` alone for booleans, which never take the next
 * word. The last of several wins; list flags add up, each one a CSV record.
 */
export function readFlags(args: readonly string[], report: Report): Source {
  const given = new Map<string, Given>()
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? ''
    if (word === '--') {
      warnOfWords(args.slice(at + 1), report)
      break
    }
    if (!/^-./u.test(word)) warnOfWords([word], report)
    else if (takesNextWord(word)) at += addWithNextWord(given, { word, next: args[at + 1] }, report)
    else addFlag(given, word, report)
  }
  return given
}

/** Adds a flag whose value is the next word; returns how many words that took beyond its own. */
function addWithNextWord(
  given: Map<string, Given>,
  { word, next }: { word: string; next: string | undefined },
  report: Report,
): number {
  if (next === undefined) report.usage(word, 'give it a value')
  else addFlag(given, `${word}=${next}`, report)
  return 1
}

function addFlag(given: Map<string, Given>, word: string, report: Report): void {
  const [, name = '', , text = 'true'] = /^--?([^=]*)(=([\s\S]*))?$/u.exec(word) ?? []
  const flag = word === '-h' ? 'help' : name
  const option = optionOf(flag)
  if (option === undefined || (!word.startsWith('--') && word !== '-h')) {
    reportUnknown(word.split('=')[0] ?? word, name, report)
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

function takesNextWord(word: string): boolean {
  if (!word.startsWith('--') || word.includes('=')) return false
  const option = optionOf(word.slice(2))
  return option !== undefined && option.kind !== 'boolean'
}

function optionOf(flag: string): Option | undefined {
  return Object.hasOwn(OPTIONS, flag) ? OPTIONS[flag as keyof typeof OPTIONS] : undefined
}

function reportUnknown(label: string, name: string, report: Report): void {
  const flags = ROWS.map(([flag]) => flag)
  const nearest = flags.find((flag) => flag === name) ?? nearestName(name, flags)
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
