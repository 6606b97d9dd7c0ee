import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** How tests went that end with the first failure. */
export interface TestsResult {
  readonly passed: number
  /** The name of the test that failed, and why; `null` where none did. */
  readonly failure: { readonly test: string; readonly message: string } | null
}

/** No test may fail for a machine that is busy. */
const TEST_TIMEOUT_MS = 600_000

/** Runs test files of a copy of `packages/core/src`, up to the first failure. */
export async function runTests(directory: string, files: readonly string[]): Promise<TestsResult> {
  const report = join(directory, 'report.json')
  // One of its own, or that of the repository would be found, which looks elsewhere for tests.
  await writeFile(join(directory, 'vitest.config.mjs'), 'export default {}\n')
  const args = ['run', '--root', directory, '--bail=1', `--testTimeout=${TEST_TIMEOUT_MS}`]
  const reporter = ['--reporter=json', `--outputFile=${report}`]
  const child = spawn(process.execPath, [vitest(), ...args, ...reporter, ...files], { stdio: 'ignore' })
  await once(child, 'close')
  const result = readReport(JSON.parse(await readFile(report, 'utf8')))
  await rm(report)
  return result
}

function vitest(): string {
  return join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
}

interface Assertion {
  readonly status: string
  readonly fullName: string
  readonly failureMessages: readonly string[]
}

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly Assertion[]
  }[]
}

/** Files that the first failure kept from being run have no tests; so has a file that cannot be loaded. */
function readReport({ testResults }: Report): TestsResult {
  const assertions = testResults.flatMap(({ assertionResults }) => assertionResults)
  const failed = assertions.find(({ status }) => status === 'failed')
  const passed = assertions.filter(({ status }) => status === 'passed').length
  if (failed !== undefined) {
    return { passed, failure: { test: failed.fullName, message: failed.failureMessages[0]?.split('\n')[0] ?? '' } }
  }
  const broken = testResults.find(({ assertionResults }) => assertionResults.length === 0)
  if (broken === undefined && assertions.length > 0) return { passed, failure: null }
  throw new Error(`not all tests could be run: ${broken?.name} ${broken?.message}`)
}
