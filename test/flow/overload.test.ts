import { describe, expect, it } from 'vitest'
import { startGate } from '../support/gate.ts'

const BROWSER = ['Host', 'app.example.com', 'Accept', 'text/html', 'Sec-Fetch-Mode', 'navigate']

describe('a request that waited too long before anybody came to it', () => {
  it('is told when to try again, by a page or by JSON, and is not carried out', async () => {
    const gate = await startGate()
    const page = await gate.ask('/report', { overdue: true, headers: BROWSER })
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await page.text()).toMatch(/Too many requests are under way/u)
    const json = await gate.ask('/oauth2/callback?code=x', { overdue: true })
    expect([json.status, json.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await json.json()).toMatchObject({ error: 'overloaded' })
    expect(json.headers.get('set-cookie')).toBeNull()
    expect(gate.platform.plans).toEqual([])
    expect(gate.provider.hits.token).toBe(0)
  })
})
