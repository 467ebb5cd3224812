/** A value, or the promise of one. */
export type MaybePromise<Value> = Value | Promise<Value>

/** Applies `next` synchronously when `value` is not a promise; a microtask per request is measurable. */
export function thenMaybe<In, Out>(
  value: MaybePromise<In>,
  next: (value: In) => MaybePromise<Out>,
): MaybePromise<Out> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/**
 * Creates a part at its first use, with code that is loaded then. On Workers a promise of one request must not be awaited by
 * another, so what is kept is the part.
 */
export function createByNeed<Part>(load: () => Promise<() => Part>): () => Promise<Part> {
  let part: { readonly made: Part } | undefined
  return async () => {
    if (part !== undefined) return part.made
    const create = await load()
    part ??= { made: create() }
    return part.made
  }
}
