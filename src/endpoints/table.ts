import { canStandInPath } from '../config/sections/provider/provider-rules.ts'
import type { Services } from '../services.ts'
import { createForwardAuth } from './forward-auth.ts'
import type { Endpoint } from './handler.ts'
import { createGooglePing, createPing, createReady } from './health.ts'
import { createSessionRefresh, createSessionState, createUserinfo } from './session.ts'
import {
  createCallbackEndpoint,
  createSignedInEndpoint,
  createSignInEndpoint,
  createStep,
} from './sign-in.ts'
import { createFragmentScript, createRobots, createStyles } from './static.ts'

/** Health check paths of App Engine and of Google Cloud's load balancers (gcp-healthchecks). */
const GOOGLE_PATHS = ['/liveness_check', '/readiness_check']

/** Creates every endpoint; a row holds all that is to be known about one. Any other path is the upstreams'. */
export function createEndpoints(services: Services): readonly Endpoint[] {
  const { signIn, config } = services
  const { paths } = config
  const callback = createCallbackEndpoint(services)
  const googlePaths = paths.googleHealth ? GOOGLE_PATHS : []
  return [
    // Health checks.
    ...given(paths.ping).map((path) => ({ name: 'ping', path, probe: createPing(services) })),
    ...given(paths.ready).map((path) => ({ name: 'ready', path, probe: createReady(services) })),
    ...googlePaths.map((path) => ({ name: 'ping', path, probe: createGooglePing(services) })),
    // Signing in and out. A callback is answered over http too: its query must not travel in the open a second time.
    { name: 'sign_in', path: paths.signIn, handle: createSignInEndpoint(services) },
    { name: 'start', path: paths.start, handle: createStep(services, signIn.start) },
    { name: 'callback', path: paths.callback, handle: callback, overHttp: true },
    ...ownCallbacks(config).map((path) => ({
      name: 'callback',
      path,
      handle: callback,
      overHttp: true as const,
    })),
    { name: 'signed_in', path: paths.signedIn, handle: createSignedInEndpoint(services) },
    { name: 'sign_out', path: paths.signOut, handle: createStep(services, signIn.signOut) },
    { name: 'signed_out', path: paths.signedOut, handle: createStep(services, signIn.signedOut) },
    {
      name: 'backchannel_logout',
      path: paths.backchannelLogout,
      handle: createStep(services, signIn.backchannel),
    },
    // About the session, for gateways and apps.
    { name: 'auth', path: paths.auth, handle: createForwardAuth(services) },
    { name: 'userinfo', path: paths.userinfo, handle: createUserinfo(services) },
    { name: 'session', path: paths.session, handle: createSessionState(services) },
    { name: 'session_refresh', path: paths.sessionRefresh, handle: createSessionRefresh(services) },
    // Files.
    { name: 'robots', path: '/robots.txt', handle: createRobots(services) },
    { name: 'static', path: paths.fragmentScript, handle: createFragmentScript(services) },
    ...(services.templates?.styles ?? []).map(({ path, text }) => ({
      name: 'static',
      path,
      handle: createStyles(services, text),
    })),
  ]
}

/** Redirect URIs that one provider alone has; also where it is the only one now, for sign-ins that began before. */
function ownCallbacks({ paths, providers }: Services['config']): readonly string[] {
  return providers.filter(({ id }) => canStandInPath(id)).map(({ id }) => `${paths.callback}/${id}`)
}

function given(path: string | undefined): readonly string[] {
  return path === undefined ? [] : [path]
}
