import * as v from 'valibot'

/** How many tests passed and failed. */
export interface Count {
  readonly passed: number
  readonly failed: number
}

// The part of Vitest's JSON report that is read here.
const Report = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  testResults: v.array(
    v.object({ status: v.string(), assertionResults: v.array(v.object({ status: v.string() })) }),
  ),
})

/** Reads Vitest's JSON report; a file that failed without a failed test (it did not even load) counts as one. */
export function countTests(json: string): Count {
  const { numFailedTests, numPassedTests, testResults } = v.parse(Report, JSON.parse(json))
  const broken = testResults.filter(
    ({ assertionResults, status }) =>
      status === 'failed' && assertionResults.every((assertion) => assertion.status !== 'failed'),
  )
  return { passed: numPassedTests, failed: numFailedTests + broken.length }
}
