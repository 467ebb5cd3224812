/**
 * Goes on with a value, at once when it is there already. The way of a request that needs nobody's answer is the one that
 * has to be cheap, and a promise that is there costs as much as what is done with it.
 */
export function whenKnown<In, Out>(
  value: In | Promise<In>,
  next: (value: In) => Out | Promise<Out>,
): Out | Promise<Out> {
  return value instanceof Promise ? value.then(next) : next(value)
}
