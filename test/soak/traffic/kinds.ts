import type { TrafficKind } from '../stage.ts'
import { HOSTILE } from './hostile.ts'
import { PAGES } from './pages.ts'
import { SIGN_INS } from './sign-in.ts'
import { STREAMS } from './streams.ts'
import { TRANSFERS } from './transfers.ts'

/** All traffic, by the name that the report gives it. A further kind is one entry in one of these tables. */
export const KINDS: Readonly<Record<string, TrafficKind>> = {
  ...PAGES,
  ...SIGN_INS,
  ...TRANSFERS,
  ...STREAMS,
  ...HOSTILE,
}
