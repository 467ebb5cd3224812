/** Characters of a page, and of any text on the way to it. */
export const LONGEST_TEXT = 4 * 1024 * 1024
/** Nodes that one rendering may execute, each round of a loop counted again. */
export const MOST_STEPS = 100_000
/** Templates that may call each other. */
export const DEEPEST_CALLS = 100

/** Mistake in the values of a function, without the place, which the evaluator knows. */
export class ValueFailure extends Error {}

/** Ends the function that is being evaluated. */
export function refuseValue(sentence: string): never {
  throw new ValueFailure(sentence)
}

/** Returns a text, unless it is longer than any page. */
export function bounded(text: string): string {
  if (text.length > LONGEST_TEXT) refuseValue(`the text is longer than ${LONGEST_TEXT} characters`)
  return text
}
