import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { addTotals, readTotals, totalsLine, totalsStatus } from './test-totals.mjs'

const folder = mkdtempSync(join(tmpdir(), 'kbackup-totals-'))
const clean = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1, testResults: [] }

function report(content: object): string {
  const file = join(folder, 'report.json')
  writeFileSync(file, JSON.stringify({ ...clean, ...content }))
  return file
}

describe('the totals of a test run', () => {
  afterAll(() => rmSync(folder, { recursive: true }))

  it('count what passed, failed and was skipped or not written', () => {
    expect(readTotals(report({ numFailedTests: 2 }), 1)).toEqual({ passed: 3, failed: 2, skipped: 2 })
  })

  it('count a file that could not be loaded as a failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }]
    expect(readTotals(report({ testResults }), 1).failed).toBe(1)
  })

  it('count a failed file once when a test of it accounts for it', () => {
    const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }] }]
    expect(readTotals(report({ numFailedTests: 1, testResults }), 1).failed).toBe(1)
  })

  it('count a bad exit that no test accounts for as a failure', () => {
    expect(readTotals(report({}), 1).failed).toBe(1)
  })

  it('count a run without a report as a failure', () => {
    expect(readTotals(join(folder, 'none.json'), 0).failed).toBe(1)
  })

  it('fail the run when a test failed or none ran', () => {
    const passed = { passed: 1, failed: 0, skipped: 0 }
    expect(totalsStatus(passed)).toBe(0)
    expect(totalsStatus(addTotals([passed, { ...passed, failed: 1 }]))).toBe(1)
    expect(totalsStatus({ passed: 0, failed: 0, skipped: 9 })).toBe(1)
  })

  it('end as one line', () => {
    const sum = addTotals([
      { passed: 1, failed: 2, skipped: 3 },
      { passed: 10, failed: 20, skipped: 30 },
    ])
    expect(totalsLine(sum)).toBe('11 passed, 22 failed, 33 skipped')
  })
})
