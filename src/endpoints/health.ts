import { findHeader } from '../http/head.ts'
import type { IncomingRequest } from '../platform.ts'
import type { Services } from '../services.ts'
import type { Probe } from './handler.ts'

/** User-Agent of App Engine's and Google Cloud's load balancers (gcp-healthchecks). */
const GOOGLE_AGENT = 'GoogleHC/1.0'

/** Builds `ping-path`: 200 while the process lives. With ping-user-agent it answers that agent only. */
export function createPing({ config, respond }: Pick<Services, 'config' | 'respond'>): Probe {
  const { pingUserAgent } = config.paths
  return (request) =>
    pingUserAgent === '' || userAgentOf(request) === pingUserAgent ? respond.text('OK') : undefined
}

/** Builds `ready-path`: 200 while every listener is open and the process is not about to end, else 503. */
export function createReady({ isReady, respond }: Pick<Services, 'isReady' | 'respond'>): Probe {
  return () => (isReady() ? respond.text('OK') : respond.text('Not ready', 503))
}

/** Builds the same as ping for Google's load balancers, at paths of their own. */
export function createGooglePing({ respond }: Pick<Services, 'respond'>): Probe {
  return (request) => (userAgentOf(request) === GOOGLE_AGENT ? respond.text('OK') : undefined)
}

function userAgentOf({ headers }: IncomingRequest): string | undefined {
  return findHeader(headers, 'user-agent')
}
