import { type EscapeContext, isInTag, TEXT } from '../escape/context.ts'
import { stepAs, VALUE_ENDS } from '../escape/steps.ts'

/** Text of markup without its tags and comments: `<b>Us</b>` becomes `Us`. */
export function stripTags(markup: string): string {
  let context: EscapeContext = TEXT
  let out = ''
  let at = 0
  while (at < markup.length) {
    if (context.delimiter !== 'none') {
      const end = markup.slice(at).search(VALUE_ENDS[context.delimiter])
      if (end === -1) break
      at += context.delimiter === 'blank' ? end : end + 1
      context = { ...TEXT, state: 'tag', element: context.element }
      continue
    }
    // Scripts and styles are skipped to their end tags, whatever they contain.
    const isRaw = context.element !== 'none' && !isInTag(context.state)
    const [after, length] = stepAs(isRaw ? 'rcdata' : context.state, context, markup.slice(at))
    const end = at + length
    if (context.state === 'text' || context.state === 'rcdata') {
      const tag = after.state === context.state ? -1 : markup.lastIndexOf('<', end - 1)
      out += markup.slice(at, tag >= at ? tag : end)
    }
    context = after
    at = end
  }
  return out
}
