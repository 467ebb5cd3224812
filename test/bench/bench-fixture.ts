import { createFakeProvider, type FakeProvider } from '../support/fake-provider.ts'
import { createMint } from './doors/cookies.ts'
import { createGates, type GateProgram, type Gates } from './doors/gate.ts'
import { startApp } from './doors/nginx.ts'
import { signIn } from './doors/sign-in.ts'
import type { World } from './scenes/scene.ts'

/** Starts the identity provider and the app, signs Alice in at a gate over HTTP and seals the cookies of the other users. */
export async function createWorld({ quick, ...common }: Pick<World, 'quick'> & GateProgram): Promise<World> {
  const provider = await createFakeProvider()
  await provider.listen()
  // Without a refresh token the gate keeps the ID token for the sign-out; that is what makes a session of 1 KiB.
  provider.behaviour.refreshTokens = false
  provider.behaviour.profileOnly = ['groups', 'preferred_username']
  const { origin: issuer, client } = provider
  const gates = createGates({ issuer, clientId: client.id, clientSecret: client.secret }, common)
  const app = await startApp()
  const mint = await createMint(gates.deployment)
  const [long = ''] = await mint.cookies(1, 3584)
  const alice = await aliceSignsIn(gates, app.port, provider)
  const users = await mint.cookies(quick ? 1000 : 5000, alice.length)
  return { quick, app, gates, cookies: { alice, users, long } }
}

async function aliceSignsIn(gates: Gates, upstreamPort: number, provider: FakeProvider): Promise<string> {
  const gate = await gates.start({ upstreamPort, accessLog: '/dev/null' })
  try {
    return await signIn(gate, provider)
  } finally {
    await gate.stop()
  }
}
