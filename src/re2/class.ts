import { failed, ok, type Result } from '../result.ts'
import { type CodePoints, complement, fromPairs, union, WORD } from './code-points.ts'
import { readCodeEscape, readSetEscape, toMembers } from './escapes.ts'
import { type Reader, take, takeCodePoint } from './reader.ts'

const POSIX: ReadonlyMap<string, CodePoints> = new Map([
  ['alnum', fromPairs('09AZaz')],
  ['alpha', fromPairs('AZaz')],
  ['ascii', fromPairs('\x00\x7f')],
  ['blank', fromPairs('\t\t  ')],
  ['cntrl', fromPairs('\x00\x1f\x7f\x7f')],
  ['digit', fromPairs('09')],
  ['graph', fromPairs('!~')],
  ['lower', fromPairs('az')],
  ['print', fromPairs(' ~')],
  ['punct', fromPairs('!/:@[`{~')],
  ['space', fromPairs('\t\r  ')],
  ['upper', fromPairs('AZ')],
  ['word', WORD],
  ['xdigit', fromPairs('09AFaf')],
])

/** Reads a bracketed class, such as `[^/[:alpha:]\d]`, from its opening bracket on. */
export function readClass(reader: Reader): Result<CodePoints, string> {
  const negated = take(reader, /\[(\^?)/uy)?.[1] === '^'
  const members: CodePoints[] = []
  // A bracket in the first place is itself.
  for (let first = true; first || take(reader, /\]/uy) === undefined; first = false) {
    const member = readMember(reader)
    if (!member.ok) return member
    members.push(member.value)
  }
  const points = union(members)
  return ok(negated ? complement(points) : points)
}

function readMember(reader: Reader): Result<CodePoints, string> {
  const [named, caret, name = ''] = take(reader, /\[:(\^?)([\s\S]*?):\]/uy) ?? []
  if (named !== undefined) {
    const points = POSIX.get(name)
    if (points !== undefined) return ok(toMembers(reader, { points, negated: caret === '^' }))
    return failed(`replace "${named}", RE2 knows no such class; a bracket itself is \\[`)
  }
  const set = readSetEscape(reader)
  if (!set.ok) return set
  return set.value === undefined ? readRange(reader) : ok(set.value)
}

function readRange(reader: Reader): Result<CodePoints, string> {
  const from = reader.at
  const low = readCode(reader)
  if (!low.ok) return low
  const high = take(reader, /-(?=[^\]])/uy) === undefined ? low : readCode(reader)
  if (!high.ok) return high
  if (high.value < low.value) {
    return failed(
      `turn the range "${reader.text.slice(from, reader.at)}" around, the smaller character first`,
    )
  }
  return ok(toMembers(reader, { points: [low.value, high.value + 1], negated: false }))
}

function readCode(reader: Reader): Result<number, string> {
  if (reader.text[reader.at] === '\\') return readCodeEscape(reader)
  const code = takeCodePoint(reader)
  return code === undefined ? failed('close the character class with ]') : ok(code)
}
