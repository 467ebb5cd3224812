import { quote } from '../lib/text.ts'

/** Place in a file of templates; lines count from 1. */
export interface TemplatePlace {
  readonly file: string
  readonly line: number
}

/** Reason why a template cannot be used, or why one rendering of it failed, in words for operators. */
export interface TemplateProblem extends TemplatePlace {
  readonly sentence: string
}

/**
 * The same as an exception. Parser, escaper and evaluator are recursive, and a failure ends all of them; `compile.ts` is
 * the only one that catches it and hands out values.
 */
export class TemplateFailure extends Error {
  readonly place: TemplatePlace

  constructor(place: TemplatePlace, sentence: string) {
    super(sentence)
    this.place = place
  }
}

/** Ends what is under way. */
export function fail(place: TemplatePlace, sentence: string): never {
  throw new TemplateFailure(place, sentence)
}

/** Source text as messages show it: on one line, in its braces. */
export function showAction(source: string): string {
  return quote(`{{${source.replaceAll(/\s+/gu, ' ').trim()}}}`)
}
