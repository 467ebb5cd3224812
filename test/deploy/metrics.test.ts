import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parser } from '@prometheus-io/lezer-promql'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import type { Family } from '../../src/observe/metrics/exposition.ts'
import { PROBLEMS } from '../../src/problems.ts'
import { allFamilies } from '../tools/metric-families.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const families = new Map(allFamilies().map((family) => [family.name, family]))

/** Series of Prometheus itself, and labels that it adds to all others. */
const PROMETHEUS = new Set(['up', 'ALERTS'])
const TARGET = ['job', 'instance']

/** A selector of an expression: the name of the series and the labels that it asks for. */
interface Selector {
  readonly series: string
  readonly labels: readonly string[]
}

/** Reads an expression with Prometheus' own grammar; throws for what it cannot read. */
function selectorsOf(expression: string): readonly Selector[] {
  const text = expression.replaceAll('$__rate_interval', '5m')
  const found: { series: string; labels: string[] }[] = []
  parser.parse(text).iterate({
    enter({ type, from, to, node }) {
      if (type.isError) throw new Error(`${text} cannot be read at ${from}: ${text.slice(from, to)}`)
      const word = text.slice(from, to)
      if (type.name === 'VectorSelector')
        found.push({ series: textOf(text, node.getChild('Identifier')), labels: [] })
      else if (type.name === 'LabelName' && node.parent?.type.name !== 'GroupingLabels')
        found.at(-1)?.labels.push(word)
    },
  })
  return found
}

function textOf(text: string, node: { readonly from: number; readonly to: number } | null): string {
  return node === null ? '' : text.slice(node.from, node.to)
}

/** The family of a series, whose histograms have three. */
function familyOf(series: string): Family | undefined {
  const base = series.replace(/_(?:bucket|sum|count)$/u, '')
  const histogram = families.get(base)
  return families.get(series) ?? (histogram?.type === 'histogram' ? histogram : undefined)
}

/** Selectors of series, or of labels, that no gate serves. */
function strangeIn(expressions: readonly string[]): readonly Selector[] {
  return expressions.flatMap(selectorsOf).filter(({ series, labels }) => {
    if (PROMETHEUS.has(series)) return false
    const family = familyOf(series)
    const known = [...TARGET, ...(family?.labels ?? []), ...(series.endsWith('_bucket') ? ['le'] : [])]
    return family === undefined || labels.some((label) => !known.includes(label))
  })
}

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string }
}

describe('the alerts of deploy/prometheus', () => {
  // The tests below say what it must look like.
  const { groups } = parseYaml(read('deploy/prometheus/sidegate.rules.yaml')) as {
    groups: { rules: Rule[] }[]
  }
  const rules = groups.flatMap((group) => group.rules)

  it('an alert asks for series and labels that a gate serves', () => {
    expect(rules.length).toBeGreaterThan(8)
    expect(strangeIn(rules.map(({ expr }) => expr))).toEqual([])
  })

  it('an alert has a severity, and says what it is and what to do', () => {
    for (const { alert, labels, annotations } of rules) {
      expect(['critical', 'warning'], alert).toContain(labels.severity)
      expect(annotations.summary, alert).toMatch(/\S/u)
      expect(annotations.description, alert).toMatch(/\.$/u)
    }
  })

  it('an alert names codes that the program has', () => {
    const outcomes = rules.flatMap(({ expr }) => [...expr.matchAll(/sign_ins_total\{outcome=~"([^"]+)"/gu)])
    const patterns = outcomes.flatMap(([, alternatives = '']) => alternatives.split('|'))
    expect(patterns.length).toBeGreaterThan(5)
    const reasons = Object.keys(PROBLEMS)
    expect(
      patterns.filter((one) => !reasons.some((reason) => new RegExp(`^${one}$`, 'u').test(reason))),
    ).toEqual([])
  })

  it('an alert is among the tests of promtool, raised and not raised', () => {
    const tests = read('deploy/prometheus/sidegate.rules.test.yaml')
    for (const { alert } of rules) {
      expect(tests).toContain(`alertname: ${alert} }`)
      expect(tests).toContain(`{alertname="${alert}"}`)
    }
  })
})

interface Panel {
  readonly title: string
  readonly type: string
  readonly id: number
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

describe('the dashboard of deploy/grafana', () => {
  // The tests below say what it must look like.
  const dashboard = JSON.parse(read('deploy/grafana/sidegate.json')) as {
    panels: Panel[]
    templating: { list: { name: string; query: unknown }[] }
  }
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

  it('a panel asks for series and labels that a gate serves', () => {
    expect(expressions.length).toBeGreaterThan(30)
    expect(strangeIn(expressions)).toEqual([])
    const variables = dashboard.templating.list.map(({ query }) => JSON.stringify(query)).join()
    for (const [, series = ''] of variables.matchAll(/label_values\((\w+)/gu))
      expect(families.has(series)).toBe(true)
  })

  it("each of Sidegate's and oauth2-proxy's families is on a panel", () => {
    const shown = new Set(expressions.flatMap(selectorsOf).map(({ series }) => familyOf(series)?.name))
    const own = [...families.keys()].filter((name) => /^(?:sidegate|oauth2_proxy)_/u.test(name))
    expect(own.filter((name) => !shown.has(name))).toEqual([])
  })

  it('a panel has a description and a place of its own', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
    for (const { title, description } of panels) expect(description, title).toMatch(/\.$/u)
    const taken = new Set<string>()
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`), title).toBe(false)
          taken.add(`${x} ${y}`)
        }
      }
    }
  })

  it('a panel follows the variables of the dashboard', () => {
    for (const expression of expressions) {
      const selectors = expression.match(/\{[^}]*\}/gu) ?? []
      expect(selectors.length, expression).toBeGreaterThan(0)
      for (const selector of selectors) expect(selector).toContain('job=~"$job", instance=~"$instance"')
    }
  })
})

describe('docs/metrics.md', () => {
  it('docs/metrics.md has a row for each family, with its type and its labels, and for no other', () => {
    const rows = [...read('docs/metrics.md').matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$/gmu)]
    const documented = rows.map(([, name, type, labels = '']) => [
      name,
      type,
      [...labels.matchAll(/`(\w+)`/gu)].map(([, label]) => label),
    ])
    const served = [...families.values()].map(({ name, type, labels }) => [name, type, labels])
    expect(documented.toSorted(byName)).toEqual(served)
  })
})

describe('the checks themselves', () => {
  it('the checks of expressions find a series, a label and a mistake', () => {
    expect(strangeIn(['rate(sidegate_no_such_total[5m])'])).toHaveLength(1)
    expect(strangeIn(['sum by (x) (oauth2_proxy_requests_total{status="200"})'])).toHaveLength(1)
    expect(strangeIn(['oauth2_proxy_requests_total_bucket'])).toHaveLength(1)
    expect(
      strangeIn(['histogram_quantile(0.9, oauth2_proxy_response_duration_seconds_bucket{le="1"})']),
    ).toEqual([])
    expect(() => strangeIn(['sum(rate(up[5m])'])).toThrow(/cannot be read/u)
  })
})

function byName([one = '']: readonly unknown[], [other = '']: readonly unknown[]): number {
  return String(one) < String(other) ? -1 : 1
}
