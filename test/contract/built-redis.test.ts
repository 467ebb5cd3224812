import { expect, it, onTestFinished } from 'vitest'
import { ensureProgram } from '../support/built-program.ts'
import { startRedis } from '../support/redis.ts'
import { serve } from '../support/served.ts'

it('the built program starts with Redis, whose library is a file of its own, and finds it', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const gate = await serve({
    command: process.execPath,
    args: [
      ensureProgram(),
      '--http-address=127.0.0.1:0',
      '--provider=oidc',
      '--oidc-issuer-url=http://127.0.0.1:1',
      '--client-id=app',
      '--client-secret=secret',
      '--cookie-secret=q1vN0eSgGm3oWcC7xkT9ZbY4uJ5hPfLd2aRiE8sMzXk',
      '--email-domain=*',
      '--upstream=static://202',
      `--redis-connection-url=${redis.url}`,
    ],
    env: { PATH: process.env['PATH'] },
  })
  expect(await gate.stop()).toBe(0)
  expect(gate.output()).not.toContain('Redis does not answer')
})
