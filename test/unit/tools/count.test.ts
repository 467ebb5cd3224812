import { expect, test } from 'vitest'
import { countTests } from '../../tools/count.ts'

function report(
  numPassedTests: number,
  numFailedTests: number,
  files: readonly (readonly [string, ...string[]])[],
) {
  const testResults = files.map(([status, ...tests]) => ({
    status,
    assertionResults: tests.map((outcome) => ({ status: outcome })),
  }))
  return JSON.stringify({ numPassedTests, numFailedTests, testResults })
}

test('counts what passed and failed', () => {
  expect(
    countTests(
      report(2, 1, [
        ['passed', 'passed'],
        ['failed', 'passed', 'failed'],
      ]),
    ),
  ).toEqual({ passed: 2, failed: 1 })
})

test('a file that did not load is a failure, though no test in it failed', () => {
  expect(countTests(report(1, 0, [['passed', 'passed'], ['failed']]))).toEqual({ passed: 1, failed: 1 })
})

test('refuses a report that says something else', () => {
  expect(() => countTests('{}')).toThrow()
})
