/** A value, or the promise of one. */
export type MaybePromise<Value> = Value | Promise<Value>

/** Applies `next` synchronously when `value` is not a promise; a microtask per request is measurable. */
export function thenMaybe<In, Out>(
  value: MaybePromise<In>,
  next: (value: In) => MaybePromise<Out>,
): MaybePromise<Out> {
  return value instanceof Promise ? value.then(next) : next(value)
}
