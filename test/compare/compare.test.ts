import { describe, expect, it } from 'vitest'
import { compare, covers, type Difference, judge, type Row } from './judge.ts'
import { compareAll, findBinary, SCENES } from './run.ts'
import { DIFFERENCES } from './table.ts'

const binary = findBinary()

describe('the table of differences', () => {
  const row: Row = {
    id: 'X1',
    area: 'Area',
    input: 'input',
    theirs: '403',
    ours: '200',
    reason: 'reason',
    switch: 'none',
    covers: [{ where: /^plain/u, aspect: /^status$/u, status: /^403$/u, theirs: /^403$/u, ours: /^200$/u }],
  }
  const difference: Difference = {
    where: 'plain / page',
    aspect: 'status',
    status: '403',
    theirs: '403',
    ours: '200',
  }

  it('the table of differences explains what fits a row in place, aspect, status and both values', () => {
    expect(covers(row, difference)).toBe(true)
    const others: Partial<Difference>[] = [
      { where: 'other' },
      { aspect: 'body' },
      { status: '404' },
      { theirs: '401' },
      { ours: undefined },
    ]
    for (const other of others) expect(covers(row, { ...difference, ...other })).toBe(false)
  })

  it('the table of differences leaves nothing over: neither a difference without a row nor a row without one', () => {
    const other = { ...difference, where: 'other / page' }
    expect(judge([difference, other], [row])).toEqual({ unexplained: [other], unseen: [] })
    expect(judge([], [row, { ...row, id: 'X2', covers: [] }])).toEqual({ unexplained: [], unseen: [row] })
  })

  it('the table of differences compares headers only of answers of one status', () => {
    expect(compare('w', { status: '200', body: 'a' }, { status: '200', body: 'b' })).toHaveLength(1)
    expect(compare('w', { status: '403', body: 'a' }, { status: '200', body: 'b' })).toEqual([
      { where: 'w', aspect: 'status', status: '403', theirs: '403', ours: '200' },
    ])
  })

  it('the table of differences has each id once, and a reason and a switch in each row', () => {
    expect(new Set(DIFFERENCES.map(({ id }) => id)).size).toBe(DIFFERENCES.length)
    expect(DIFFERENCES.filter((one) => [one.reason, one.switch, one.theirs, one.ours].includes(''))).toEqual(
      [],
    )
  })

  it('scenes and their probes have names of their own', () => {
    const names = SCENES.flatMap(({ name, probes }) => probes.map((probe) => `${name} / ${probe.name}`))
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })
})

// The real program is not part of this repository: test/compare/README.md says how to have it.
describe.skipIf(binary === undefined)(
  'the real oauth2-proxy beside this program (OAUTH2_PROXY_BINARY)',
  () => {
    it('the real oauth2-proxy beside this program differs in nothing that the table does not explain', async () => {
      const { differences, probes } = await compareAll(binary ?? '')
      expect(probes).toBeGreaterThan(300)
      const { unexplained, unseen } = judge(differences, DIFFERENCES)
      expect([unexplained, unseen.map(({ id }) => id)]).toEqual([[], []])
    })
  },
)
