import type { AggregatedResult, Reporter, Test } from '@jest/reporters'
import process from 'node:process'

/**
 * Ends a jest run with `N passed, N failed` alone on a line of standard output. A test file that could not be
 * loaded counts as a failure, and so does a run that executed nothing.
 */
export default class Counts implements Pick<Reporter, 'onRunComplete'> {
  onRunComplete(_contexts: Set<Test['context']>, results: AggregatedResult): void {
    const { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites } = results
    const failed = numFailedTests + numRuntimeErrorTestSuites
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''
    process.stdout.write(`${numPassedTests} passed, ${failed} failed${skipped}\n`)
  }
}
