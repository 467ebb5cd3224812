import type { EscaperName } from '../escapers/escapers.ts'
import { fail, showAction, type TemplatePlace } from '../failure.ts'
import type { Command, Pipeline } from '../parse/tree.ts'
import { type Delimiter, type EscapeContext, isComment, nudge } from './context.ts'

/** An action with the functions that make its value safe where it stands. */
export interface PlannedAction {
  readonly kind: 'print'
  readonly place: TemplatePlace
  readonly pipe: Pipeline
  /** Commands that are left to be evaluated: an `html` or `urlquery` at the end may have become an escaper. */
  readonly commands: readonly Command[]
  /** True when the arguments of the one command, without its function, are the value. */
  readonly joins: boolean
  readonly escapers: readonly EscaperName[]
}

/** Plans one action, and says which context it leads to. */
export function planAction(
  start: EscapeContext,
  { pipe, place }: { readonly pipe: Pipeline; readonly place: TemplatePlace },
): { readonly context: EscapeContext; readonly action: PlannedAction } {
  const context = nudge(start)
  checkPredefined(context, pipe, place)
  const escapers = [...valueEscapers(context, pipe, place), ...delimiterEscapers(context.delimiter)]
  return {
    context: after(context),
    action: { kind: 'print', place, pipe, ...merge(pipe.commands, escapers) },
  }
}

function after(context: EscapeContext): EscapeContext {
  if (context.state === 'js') return { ...context, slash: 'division' }
  return context.state === 'tag' ? { ...context, state: 'attribute-name' } : context
}

/** The name of `html` or `urlquery`, which templates of old put at the end of a pipeline. */
function predefinedOf(command: Command | undefined): 'html' | 'urlquery' | undefined {
  const first = command?.operands[0]
  if (first?.kind !== 'function') return undefined
  return first.name === 'html' || first.name === 'urlquery' ? first.name : undefined
}

function checkPredefined(context: EscapeContext, pipe: Pipeline, place: TemplatePlace): void {
  for (const [at, command] of pipe.commands.entries()) {
    const name = predefinedOf(command)
    const isBare = name === 'html' && context.state === 'attribute' && context.delimiter === 'blank'
    if (name !== undefined && (at < pipe.commands.length - 1 || isBare)) {
      const advice = isBare ? 'put quotes around the attribute value' : 'move it to the end'
      fail(place, `remove ${name} from ${showAction(pipe.source)}, or ${advice}: values are escaped anyway`)
    }
  }
}

function valueEscapers(context: EscapeContext, pipe: Pipeline, place: TemplatePlace): EscaperName[] {
  switch (context.state) {
    case 'url':
    case 'css-double':
    case 'css-single':
    case 'css-double-url':
    case 'css-single-url':
    case 'css-url':
      return urlEscapers(context, pipe, place)
    case 'meta-content-url':
      return ['urlFilter']
    case 'js':
      return ['jsValue']
    case 'js-double':
    case 'js-single':
      return ['jsString']
    case 'js-template':
      return ['jsTemplate']
    case 'js-regexp':
      return ['jsRegexp']
    case 'css':
      return ['cssValue']
    case 'text':
      return ['text']
    case 'rcdata':
      return ['rcdata']
    case 'attribute-name':
    case 'tag':
      return ['name']
    case 'srcset':
      return ['srcset']
    case 'attribute':
    case 'meta-content':
      return []
    default:
      if (isComment(context.state)) return ['comment']
      throw new TypeError(`an action in ${context.state}`)
  }
}

function urlEscapers({ state, urlPart }: EscapeContext, pipe: Pipeline, place: TemplatePlace): EscaperName[] {
  const isString = state === 'css-double' || state === 'css-single'
  const normalizer: EscaperName = isString ? 'cssString' : 'urlNormalizer'
  switch (urlPart) {
    case 'none':
      return ['urlFilter', normalizer]
    case 'path':
      return [normalizer]
    case 'query':
      return ['urlQuery']
    case 'unknown':
      return fail(
        place,
        `move ${showAction(pipe.source)} into the branches before it: it stands in the path or in the query of a URL, depending on them`,
      )
  }
}

function delimiterEscapers(delimiter: Delimiter): EscaperName[] {
  if (delimiter === 'none') return []
  return [delimiter === 'blank' ? 'unquotedAttribute' : 'attribute']
}

/** Escapers that `html` and `urlquery` may stand in for. */
const REPLACED_BY: Partial<Record<EscaperName, 'html' | 'urlquery'>> = {
  attribute: 'html',
  text: 'html',
  rcdata: 'html',
  urlQuery: 'urlquery',
  urlNormalizer: 'urlquery',
}

/** Escapers that change nothing behind another one. */
const REDUNDANT: Partial<Record<EscaperName, readonly EscaperName[]>> = {
  comment: ['attribute', 'text'],
  cssString: ['attribute'],
  jsRegexp: ['attribute'],
  jsString: ['attribute'],
  jsTemplate: ['attribute'],
  urlQuery: ['urlNormalizer'],
}

/** Puts escapers behind the commands; an `html` or `urlquery` at their end takes the place of the one that it equals. */
function merge(
  commands: readonly Command[],
  escapers: readonly EscaperName[],
): Pick<PlannedAction, 'commands' | 'joins' | 'escapers'> {
  const last = commands.at(-1)
  const predefined = predefinedOf(last)
  const kept: EscaperName[] = []
  for (const escaper of escapers) {
    const previous = kept.at(-1)
    const replacement = predefined !== undefined && REPLACED_BY[escaper] === predefined ? predefined : escaper
    const isRedundant = previous !== undefined && REDUNDANT[previous]?.includes(replacement) === true
    if (!isRedundant) kept.push(replacement)
  }
  const replaces = predefined !== undefined && escapers.some((escaper) => REPLACED_BY[escaper] === predefined)
  if (!replaces) return { commands, joins: false, escapers: kept }
  const joins = commands.length === 1 && (last?.operands.length ?? 0) > 1
  return { commands: joins ? commands : commands.slice(0, -1), joins, escapers: kept }
}
