import { findHeader } from '../http/head.ts'
import type { IncomingRequest } from '../platform.ts'
import type { Services } from '../services.ts'
import type { Probe } from './handler.ts'

/** User-Agent of App Engine's and Google Cloud's load balancers (gcp-healthchecks). */
const GOOGLE_AGENT = 'GoogleHC/1.0'

/** Creates `ping-path`: 200 while the process lives. With ping-user-agent it answers that agent only. */
export function createPing({ config, respond }: Pick<Services, 'config' | 'respond'>): Probe {
  const { pingUserAgent } = config.paths
  return (request) =>
    pingUserAgent === '' || userAgentOf(request) === pingUserAgent ? respond.text('OK') : undefined
}

/**
 * Creates `ready-path`: 200 while every listener is open and the process is not about to end, with
 * ready-wait-for-provider not before people can sign in, and while the store of sessions answers, as in oauth2-proxy; else 503.
 */
export function createReady({
  checkStore,
  config,
  isReady,
  providerCheck,
  respond,
}: Pick<Services, 'checkStore' | 'config' | 'isReady' | 'providerCheck' | 'respond'>): Probe {
  const waits = config.paths.readyWaitsForProvider
  return () => {
    if (!isReady()) return respond.text('Not ready', 503)
    if (waits && !providerCheck.passed()) return respond.text('Waiting for the provider', 503)
    if (checkStore === undefined) return respond.text('OK')
    return checkStore().then(({ ok }) =>
      ok ? respond.text('OK') : respond.text('The session store does not answer', 503),
    )
  }
}

/** Creates the same as ping for Google's load balancers, at paths of their own. */
export function createGooglePing({ respond }: Pick<Services, 'respond'>): Probe {
  return (request) => (userAgentOf(request) === GOOGLE_AGENT ? respond.text('OK') : undefined)
}

function userAgentOf({ headers }: IncomingRequest): string | undefined {
  return findHeader(headers, 'user-agent')
}
