import { fail, type TemplatePlace } from '../failure.ts'
import { type EscapeContext, isComment, isScriptLiteral } from './context.ts'
import { step } from './steps.ts'

/** Text of a template as it is sent, and the context behind it. */
export interface EscapedText {
  readonly context: EscapeContext
  readonly text: string
}

/** A text that is being copied. */
interface Copy {
  readonly text: string
  out: string
  /** Index into `text` up to which everything was copied or left out. */
  done: number
}

/**
 * Follows the text of a template, and changes in it what would be read in two ways: `<` that begins no tag, tags of
 * scripts inside of their literals. Comments are left out, since a value inside of one could end it.
 */
export function escapeText(start: EscapeContext, text: string, place: TemplatePlace): EscapedText {
  const copy: Copy = { text, out: '', done: 0 }
  const reader = { text, endTags: new Map() }
  let context = start
  let line = place.line
  for (let at = 0; at < text.length; ) {
    const [after, length] = step(context, reader, at)
    if (after.state === 'error')
      fail({ ...place, line }, after.problem ?? 'write markup that browsers agree about')
    const end = at + length
    if (length === 0 && after.state === context.state) throw new TypeError(`no way on in ${context.state}`)
    copyPiece(copy, { before: context, after, at, end })
    line += text.slice(at, end).split('\n').length - 1
    context = after
    at = end
  }
  if (copy.done === 0) return { context, text }
  const isLeftOut = isComment(context.state) && context.delimiter === 'none'
  return { context, text: isLeftOut ? copy.out : copy.out + text.slice(copy.done) }
}

interface Piece {
  readonly before: EscapeContext
  readonly after: EscapeContext
  readonly at: number
  readonly end: number
}

function copyPiece(copy: Copy, piece: Piece): void {
  const { before, after, at, end } = piece
  const { text } = copy
  if (before.state === 'text' || before.state === 'rcdata') {
    escapeOpenings(copy, piece)
  } else if (isComment(before.state) && before.delimiter === 'none') {
    copy.out += spaceFor(before, text.slice(copy.done, end))
    copy.done = end
  }
  if (before.state !== after.state && isComment(after.state) && after.delimiter === 'none') {
    copy.out += text.slice(copy.done, end - openingLength(after))
    copy.done = end
  }
  const literal = text.slice(at, end)
  if (isScriptLiteral(before.state) && SCRIPT_TAG.test(literal)) {
    copy.out += text.slice(copy.done, at) + literal.replaceAll(SCRIPT_TAGS, '\\x3C$1')
    copy.done = end
  }
}

const SCRIPT_TAG = /<(script|\/script|!--)/iu
const SCRIPT_TAGS = /<(script|\/script|!--)/giu

/** Writes `&lt;` for each `<` of plain text. */
function escapeOpenings(copy: Copy, { before, after, at, end }: Piece): void {
  const { text } = copy
  const tag = after.state === before.state ? -1 : text.lastIndexOf('<', end - 1)
  const last = tag >= at ? tag : end
  for (let open = text.indexOf('<', at); open !== -1 && open < last; open = text.indexOf('<', open + 1)) {
    if (/^<!doctype/i.test(text.slice(open, open + 9))) continue
    copy.out += `${text.slice(copy.done, open)}&lt;`
    copy.done = open + 1
  }
}

/** Blank that stands for a comment in a script or style: a line break where it had one, which can end a statement. */
function spaceFor({ state }: EscapeContext, comment: string): string {
  if (state === 'js-block-comment') return /[\n\r\u2028\u2029]/u.test(comment) ? '\n' : ' '
  return state === 'css-block-comment' ? ' ' : ''
}

function openingLength({ state }: EscapeContext): number {
  if (state === 'html-comment' || state === 'js-html-open-comment') return 4
  return state === 'js-html-close-comment' ? 3 : 2
}
