import { FRAGMENT_SCRIPT } from '../pages/fragment.ts'
import type { Services } from '../services.ts'
import type { Handle } from './handler.ts'

/** Creates `/robots.txt`: no crawler has business behind a sign-in. */
export function createRobots({ respond }: Pick<Services, 'respond'>): Handle {
  return () => respond.text('User-agent: *\nDisallow: /\n')
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
