import type { FakeEndpoint } from '../../support/fake-provider.ts'
import type { Script } from '../../support/fake-server.ts'
import { after, body, status } from '../../support/fake-server.ts'
import type { Fault } from './fault.ts'

/** Endpoints that the gate itself asks. */
const ASKED: readonly FakeEndpoint[] = ['discovery', 'jwks', 'token', 'userinfo', 'revoke']

/**
 * After a failure the gate leaves the provider alone for five seconds, and a session that should have been refreshed ends
 * meanwhile.
 */
const PAUSE_SECONDS = 8

/** Nothing listens at the provider's address. */
const providerDown: Fault = {
  name: 'provider down',
  // An access token that ends meanwhile ends the session until the provider is back.
  allows: ['no sign-in', 'refused', 'stream ends', 'no back-channel'],
  seconds: [3, 25],
  recoverSeconds: 20,
  lingerSeconds: PAUSE_SECONDS,
  async begin({ world }) {
    await world.providerLink.set('refuse')
    return () => world.providerLink.set('pass')
  },
}

/** Each answer of the provider takes two seconds. */
const providerSlow: Fault = {
  name: 'provider slow',
  allows: ['refused', 'stream ends'],
  seconds: [4, 25],
  recoverSeconds: 20,
  lingerSeconds: PAUSE_SECONDS,
  begin: ({ world }) => script(world.provider.scripts, () => after(2_000)),
}

/** The provider answers with pages, half JSON and errors of its own. */
const providerGarbage: Fault = {
  name: 'provider answers garbage',
  allows: ['no sign-in', 'refused', 'stream ends', 'no back-channel'],
  seconds: [3, 25],
  recoverSeconds: 20,
  lingerSeconds: PAUSE_SECONDS,
  begin({ world, random }) {
    const garbage = [
      status(500),
      status(200),
      body('{"access_token":'),
      body('[]'),
      body('{"id_token":{"a":[[[1]]]}}'),
    ]
    return script(world.provider.scripts, () => (next, request) => random.pick(garbage)(next, request))
  },
}

/** The provider signs with a new key, and publishes no other. */
const keysRotated: Fault = {
  name: 'keys rotated',
  // A new key is looked for at most every five seconds.
  allows: ['no sign-in', 'refused', 'no back-channel'],
  seconds: [2, 20],
  recoverSeconds: 40,
  lingerSeconds: PAUSE_SECONDS,
  async begin({ world }) {
    await world.provider.signer.rotate()
    return () => {}
  },
}

export const PROVIDER: readonly Fault[] = [providerDown, providerSlow, providerGarbage, keysRotated]

async function script(
  scripts: Partial<Record<FakeEndpoint, Script>>,
  make: () => Script,
): Promise<() => void> {
  for (const endpoint of ASKED) scripts[endpoint] = make()
  return () => {
    for (const endpoint of ASKED) delete scripts[endpoint]
  }
}
