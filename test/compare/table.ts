import type { Row } from './judge.ts'
import { ANSWER_ROWS } from './rows/answers.ts'
import { LINE_ROWS } from './rows/lines.ts'
import { RULE_ROWS } from './rows/rules.ts'

/** Every difference from oauth2-proxy that is left, with its reason; docs/migrating.md prints it. */
export const DIFFERENCES: readonly Row[] = [...ANSWER_ROWS, ...LINE_ROWS, ...RULE_ROWS]
