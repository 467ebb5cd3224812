import { parseArgs } from 'node:util'
import { RE2JS } from 're2js'
import { compilePattern } from '../../src/re2/compile.ts'
import { stayInBounds } from './harness/child.ts'
import { short, spread } from './harness/numbers.ts'
import { markdown } from './harness/table.ts'

type Test = (text: string) => boolean

/** Rules, and paths of which some fit and some do not. */
interface Scene {
  readonly name: string
  readonly rules: readonly string[]
  readonly paths: readonly string[]
}

const PATHS = [
  '/public/css/site.css',
  '/api/v12/users/12345',
  '/healthz',
  '/dashboard/projects/17/settings',
  '/static/js/vendor/app.3f2a1c.js',
  '/login',
]

const SCENES: readonly Scene[] = [
  {
    name: 'four usual rules',
    rules: ['^/public/', '^/api/v[0-9]+/', '^/healthz$', '\\.(?:css|js|png)$'],
    paths: PATHS,
  },
  { name: 'one rule without case', rules: ['(?i)^/api/'], paths: PATHS },
  { name: 'an alternation', rules: ['^/(?:foo|bar|baz|[a-z]+/[0-9]+)/x$'], paths: PATHS },
  { name: 'a rule that reads to the end', rules: ['^/static/.*\\.(?:css|js)$'], paths: PATHS },
  { name: 'a.*b, a path of 16,000', rules: ['a.*b'], paths: [`/${'a'.repeat(16_000)}`] },
]

/** The same rules for each engine. JavaScript knows `(?i)` as a flag only. */
const ENGINES: Readonly<Record<string, (rule: string) => Test>> = {
  'this program': (rule) => {
    const compiled = compilePattern(rule)
    if (!compiled.ok) throw new Error(compiled.problem)
    return compiled.value.test
  },
  JavaScript: (rule) => {
    const native = rule.startsWith('(?i)') ? new RegExp(rule.slice(4), 'iu') : new RegExp(rule, 'u')
    return (text) => native.test(text)
  },
  re2js: (rule) => {
    const compiled = RE2JS.compile(rule)
    return (text) => compiled.matcher(text).find()
  },
}

/** Prints how long a path takes against rules, in this program, in JavaScript's own engine and in re2js. */
function main(): void {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
  stayInBounds(5)
  const rounds = values.quick ? 3 : 9
  const milliseconds = values.quick ? 30 : 200
  const rows = SCENES.map(({ name, rules, paths }) => {
    const engines = Object.values(ENGINES).map((compile) => rules.map(compile))
    for (const tests of engines) nanoseconds(tests, { paths, milliseconds })
    const samples = engines.map((): number[] => [])
    for (let round = 0; round < rounds; round += 1)
      for (const [at, tests] of engines.entries())
        samples[at]?.push(nanoseconds(tests, { paths, milliseconds }))
    return [name, ...samples.map((times) => short(spread(times).median))]
  })
  console.log(markdown(['ns a path', ...Object.keys(ENGINES)], rows))
}

function nanoseconds(
  tests: readonly Test[],
  { paths, milliseconds }: { readonly paths: readonly string[]; readonly milliseconds: number },
): number {
  const { user } = process.cpuUsage()
  const startedAt = performance.now()
  let count = 0
  let hits = 0
  while (performance.now() - startedAt < milliseconds) {
    for (let burst = 0; burst < 10; burst += 1)
      for (const path of paths) for (const test of tests) hits += test(path) ? 1 : 0
    count += 10 * paths.length
  }
  if (hits < 0) throw new Error('The matches must count, or they are optimised away')
  return (process.cpuUsage({ user, system: 0 }).user * 1_000) / count
}

main()
process.exit()
