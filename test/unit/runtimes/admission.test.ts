import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { type AdmissionLimits, createAdmission } from '../../../runtimes/node/server/admission.ts'

const LIMITS: AdmissionLimits = { perTurn: 2, perTurnAway: 3, maxWaiting: 4, maxWaitMs: 1000 }

/** What was begun, in order, and with a `!` what was turned away. */
function anAdmission(limits: AdmissionLimits = LIMITS) {
  const begun: string[] = []
  const { listener: come, waiting } = createAdmission({
    admit: ({ url }) => void begun.push(`${url}`),
    respondOverloaded: ({ url }) => void begun.push(`${url}!`),
    urgent: new Set(['/ping']),
    limits,
  })
  // Nothing else of them is read.
  const arrive = (url: string, outgoing = {}): void =>
    come(
      { url } as IncomingMessage,
      { destroyed: false, ...outgoing } as ServerResponse & { req: IncomingMessage },
    )
  return { begun, arrive, waiting }
}

describe('admission', () => {
  it('admission starts what has room in this turn at once, and the rest in the order in which it came', async () => {
    const { begun, arrive } = anAdmission()
    for (const url of ['/1', '/2', '/3', '/4', '/5']) arrive(url)
    expect(begun).toEqual(['/1', '/2'])
    await turn()
    expect(begun).toEqual(['/1', '/2', '/3', '/4'])
    arrive('/6')
    await turn()
    expect(begun).toEqual(['/1', '/2', '/3', '/4', '/5', '/6'])
  })

  it('admission lets no request past that came later', async () => {
    const { begun, arrive } = anAdmission({ ...LIMITS, perTurn: 1 })
    arrive('/1')
    arrive('/2')
    await turn()
    arrive('/3')
    await turn()
    await turn()
    expect(begun).toEqual(['/1', '/2', '/3'])
  })

  it('admission starts health checks before everything that waits', () => {
    const { begun, arrive } = anAdmission()
    for (const url of ['/1', '/2', '/3', '/ping', '/ping?from=kubelet', '/ping/x']) arrive(url)
    expect(begun).toEqual(['/1', '/2', '/ping', '/ping?from=kubelet'])
  })

  it('admission refuses at once what the line has no room for', () => {
    const { begun, arrive, waiting } = anAdmission()
    for (let at = 1; at <= 7; at += 1) arrive(`/${at}`)
    expect(begun).toEqual(['/1', '/2', '/7!'])
    expect(waiting()).toBe(4)
  })

  it('admission refuses what has stood in line for too long, not all of it in one turn', async () => {
    const { begun, arrive } = anAdmission()
    for (const url of ['/1', '/2', '/3', '/4', '/5', '/6']) arrive(url)
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 1001)
    await turn()
    expect(begun).toEqual(['/1', '/2', '/3!', '/4!', '/5!'])
    arrive('/7')
    await turn()
    vi.restoreAllMocks()
    expect(begun).toEqual(['/1', '/2', '/3!', '/4!', '/5!', '/7', '/6!'])
  })

  it('admission passes over clients that have left', async () => {
    const { begun, arrive } = anAdmission()
    for (const url of ['/1', '/2']) arrive(url)
    for (const url of ['/3', '/4']) arrive(url, { destroyed: true })
    arrive('/5')
    await turn()
    expect(begun).toEqual(['/1', '/2', '/5'])
  })
})
