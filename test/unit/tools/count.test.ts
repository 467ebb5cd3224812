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

test('the count tells what passed and failed', () => {
  expect(
    countTests(
      report(2, 1, [
        ['passed', 'passed'],
        ['failed', 'passed', 'failed'],
      ]),
    ),
  ).toEqual({ passed: 2, failed: 1 })
})

test('the count takes a file that did not load for a failure, though no test in it failed', () => {
  expect(countTests(report(1, 0, [['passed', 'passed'], ['failed']]))).toEqual({ passed: 1, failed: 1 })
})

test('the count refuses a report that says something else', () => {
  expect(() => countTests('{}')).toThrow()
})
