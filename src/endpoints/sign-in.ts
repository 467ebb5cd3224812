import type { Exchange } from '../http/exchange.ts'
import { parseTarget } from '../http/target.ts'
import type { AccessEntry } from '../observe/access.ts'
import { decide } from '../policy/decide.ts'
import type { PolicyRequest } from '../policy/request.ts'
import type { Services } from '../services.ts'
import { displayName } from '../session/session.ts'
import type { Outcome } from '../signin/outcome.ts'
import type { Handle } from './handler.ts'
import { offerSignIn, showSignIn, toResponse } from './sign-in-page.ts'

/** Builds `<prefix>/sign_in`: GET shows the sign-in page, POST takes a user name and password. */
export function createSignInEndpoint(services: Services): Handle {
  const password = createStep(services, services.signIn.password)
  return (exchange, entry) =>
    exchange.request.method === 'POST' ? password(exchange, entry) : visitSignIn(services, exchange, entry)
}

/** Builds `<prefix>/signed_in`, where a sign-in on the side ends: a page that says so. */
export function createSignedInEndpoint(services: Services): Handle {
  return async (exchange) => {
    const { pages, respond } = services
    const caller = await services.authenticate(exchange, 'peek')
    if (caller.session === undefined) return offerSignIn(services, exchange, caller)
    return respond.page(exchange, 200, pages.signedIn({ host: exchange.facts.host }), caller.changes)
  }
}

/** Builds the endpoint of one step of signing in or out: `<prefix>/start`, `/callback`, `/sign_out` and their like. */
export function createStep(services: Services, step: (exchange: Exchange) => Promise<Outcome>): Handle {
  return async (exchange) => toResponse(services, exchange, await step(exchange))
}

/** A person who is signed in and came here all the same is taken to where they were going, if they may go there. */
async function visitSignIn(services: Services, exchange: Exchange, entry: AccessEntry): Promise<Response> {
  const { config, respond, rules, signIn } = services
  const caller = await services.authenticate(exchange)
  const { session } = caller
  if (session !== undefined) {
    entry.user = displayName(session)
    const returnTo = signIn.returnTo(exchange)
    const { problem } = decide(rules, toReturnRequest(exchange, returnTo), session)
    if (problem === undefined) return respond.redirect(exchange, returnTo, caller.changes)
  }
  if (config.signIn.skipProviderButton) return offerSignIn(services, exchange, caller)
  return showSignIn(services, exchange, { status: 200, changes: caller.changes })
}

/** The page load that a validated return target leads to. */
function toReturnRequest({ facts }: Exchange, returnTo: string): PolicyRequest {
  const [, host = facts.host, raw = ''] = /^(?:https?:\/\/([^/?#]+))?([^#]*)/u.exec(returnTo) ?? []
  const named = parseTarget(raw.startsWith('/') ? raw : `/${raw}`)
  const target = named.ok ? named.value : { raw, path: raw, query: '', ambiguous: true }
  return { method: 'GET', target, facts: { client: facts.client, preflight: false, host } }
}
