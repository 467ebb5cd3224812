import { FRAGMENT_SCRIPT } from '../pages/fragment.ts'
import type { Services } from '../services.ts'
import type { Handle } from './handler.ts'

const ROBOTS = 'User-agent: *\nDisallow: /\n'

/** Creates `/robots.txt`: the operator's, or that no crawler has business behind a sign-in. */
export function createRobots({ respond, templates }: Pick<Services, 'respond' | 'templates'>): Handle {
  return () => respond.text(templates?.robots() ?? ROBOTS)
}

/** Creates a style sheet that templates of oauth2-proxy link to. */
export function createStyles({ respond }: Pick<Services, 'respond'>, styles: string): Handle {
  return (exchange) =>
    respond.answer(exchange, {
      status: 200,
      body: styles,
      headers: ['Content-Type', 'text/css; charset=utf-8', 'X-Content-Type-Options', 'nosniff'],
      changes: [],
    })
}

/** Creates the script that carries `location.hash` through the sign-in. */
export function createFragmentScript({ respond }: Pick<Services, 'respond'>): Handle {
  return (exchange) =>
    respond.answer(exchange, {
      status: 200,
      body: FRAGMENT_SCRIPT,
      headers: ['Content-Type', 'text/javascript; charset=utf-8', 'X-Content-Type-Options', 'nosniff'],
      changes: [],
    })
}
