import { existsSync, readFileSync } from 'node:fs'

/**
 * What a run of tests came to.
 *
 * @typedef {{ readonly passed: number, readonly failed: number, readonly skipped: number }} Totals
 */

/**
 * Reads the JSON report of one vitest run. A run without a report, one whose failure no test accounts for, and a file that
 * could not be loaded each count as a failure: the totals never look better than the exit status.
 *
 * @param {string} reportFile
 * @param {number} status how vitest ended
 * @returns {Totals}
 */
export function readTotals(reportFile, status) {
  if (!existsSync(reportFile)) return { passed: 0, failed: 1, skipped: 0 }
  const report = JSON.parse(readFileSync(reportFile, 'utf8'))
  const failed = report.numFailedTests + brokenFiles(report)
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/**
 * @param {readonly Totals[]} parts
 * @returns {Totals}
 */
export function addTotals(parts) {
  return {
    passed: parts.reduce((sum, { passed }) => sum + passed, 0),
    failed: parts.reduce((sum, { failed }) => sum + failed, 0),
    skipped: parts.reduce((sum, { skipped }) => sum + skipped, 0),
  }
}

/**
 * Failed tests fail a run, and so does a run in which nothing ran.
 *
 * @param {Totals} totals
 */
export function totalsStatus(totals) {
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1
}

/** @param {Totals} totals */
export function totalsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** @param {{ testResults: readonly { status: string, assertionResults: readonly { status: string }[] }[] }} report */
function brokenFiles({ testResults }) {
  return testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length
}
