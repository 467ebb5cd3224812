import type { Problem } from './problems.ts'

/** Success with a value. */
export interface Ok<Value> {
  readonly ok: true
  readonly value: Value
}

/** An expected failure: a value, never an exception. */
export interface Failed<Failure> {
  readonly ok: false
  readonly problem: Failure
}

/** The return value of a step that can fail in an expected way; only bugs throw. */
export type Result<Value, Failure = Problem> = Ok<Value> | Failed<Failure>

/** Wraps a value as success. */
export function ok<Value>(value: Value): Ok<Value> {
  return { ok: true, value }
}

/** Wraps a reason as failure. */
export function failed<Failure>(problem: Failure): Failed<Failure> {
  return { ok: false, problem }
}
