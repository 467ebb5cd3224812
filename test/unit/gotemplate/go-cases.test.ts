import { describe, expect, it } from 'vitest'
import { type GoOutcome, readCases, render, toData, toValue } from './go-cases.ts'

const { page, places, values, written } = readCases()
const data = toData(page)

/** Templates that Go takes and this engine does not, or that it escapes where Go forgets to. */
const DIFFERENT = new Map([
  ['{{printf "%x" .F}}', 'a float in hexadecimal'],
  [
    '{{define "x"}}<a href="{{end}}{{template "x"}}{{.H}}">l</a>{{template "x"}}{{.H}}">m</a>',
    'the second call of a template that leaves its context: Go takes what follows for text',
  ],
  ['{{define "x"}}<script>{{end}}{{template "x"}}{{.H}}</script>{{template "x"}}{{.H}}</script>', 'the same'],
])

/** The outcome in the terms of Go; where it failed earlier than there, that is as good. */
function outcomeOf(template: string, given: typeof data, wanted: GoOutcome): unknown {
  const rendered = render(template, given)
  if (typeof rendered === 'string') return rendered
  expect(rendered.why).not.toMatch(/report this bug/u)
  const isAsEarly = typeof wanted !== 'string' && (rendered.error === 'compile' || wanted.error === 'execute')
  return isAsEarly ? wanted : rendered
}

describe('the outcomes of Go', () => {
  it('the file has all that the program in go/ writes', () => {
    expect(places.length * values.length).toBeGreaterThan(7_000)
    expect(written.filter(({ kind }) => kind === 'syntax').length).toBeGreaterThan(600)
    expect(written.filter(({ kind }) => kind === 'random').length).toBe(1_500)
    const failed = written.filter(({ outcome }) => typeof outcome !== 'string')
    expect(failed.length).toBeGreaterThan(500)
  })

  it.each(places.map(({ place, outcomes }) => [place, outcomes] as const))(
    'the place %j gets hostile values as Go writes them there [UI-30]',
    (place, outcomes) => {
      const got = values.map((value, at) => {
        const given = { kind: 'struct', fields: new Map([['V', toValue(value)]]) } as const
        return outcomeOf(place, given, outcomes[at] ?? '')
      })
      expect(got).toEqual(outcomes)
    },
  )

  it('templates of every construct come out as from Go', () => {
    const cases = written.filter(({ kind, template }) => kind === 'syntax' && !DIFFERENT.has(template))
    for (const { template, outcome } of cases)
      expect([template, outcomeOf(template, data, outcome)]).toEqual([template, outcome])
  })

  it('random templates come out as from Go', () => {
    for (const { kind, template, outcome } of written) {
      if (kind === 'random')
        expect([template, outcomeOf(template, data, outcome)]).toEqual([template, outcome])
    }
  })

  it('templates that are known to differ do so', () => {
    const cases = written.filter(({ template }) => DIFFERENT.has(template))
    expect(cases.length).toBe(DIFFERENT.size)
    for (const { template, outcome } of cases) expect(outcomeOf(template, data, outcome)).not.toEqual(outcome)
  })
})
