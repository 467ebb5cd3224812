import { expect, it } from 'vitest'
import { startGate } from '../support/gate.ts'

const TARGET = '/oauth2/start?x=1;rd=%2Freports%3Fa%3D1;y=2'

it.each([
  [[], '/'],
  [['--allow-query-semicolons'], '/reports?a=1'],
])('a semicolon in a query of Sidegate separates parameters only on request: %j', async (args, path) => {
  const gate = await startGate({ args })
  const seen = await gate.visitor().browse(TARGET)
  expect(new URL(seen.url).pathname + new URL(seen.url).search).toBe(path)
})

it('a semicolon in a query reaches the app as it came', async () => {
  const gate = await startGate({ args: ['--allow-query-semicolons', '--skip-auth-route=^/open'] })
  await gate.ask('/open?a=1;b=2')
  expect(gate.platform.plans.at(-1)?.target).toBe('/open?a=1;b=2')
})
