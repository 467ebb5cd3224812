// Exit code 0 while HEALTH_URL answers 2xx; otherwise 1, and the reason for `docker inspect`.
const { HEALTH_URL } = process.env
try {
  const { ok, status } = await fetch(HEALTH_URL, { redirect: 'manual' })
  if (!ok) console.log(`${HEALTH_URL} answers ${status}`)
  process.exitCode = ok ? 0 : 1
} catch (error) {
  const { code, message } = error.cause ?? error
  console.log(`${HEALTH_URL}: ${code ?? message}. If the program listens elsewhere, set HEALTH_URL.`)
  process.exitCode = 1
}
