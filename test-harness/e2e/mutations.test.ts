import { describe, expect, it } from 'vitest'
import { writeEvidence } from '../src/evidence.ts'
import { COMMIT_RULES } from '../src/mutations/commit-rules.ts'
import { DIGEST_RULES } from '../src/mutations/digest-rules.ts'
import { assertFits, makeMutant } from '../src/mutations/mutant.ts'
import type { Mutation } from '../src/mutations/mutation.ts'
import { RESTORE_RULES } from '../src/mutations/restore-rules.ts'
import { simulateSeeds } from '../src/mutations/simulated-seeds.ts'
import { runTests } from '../src/mutations/tests-of-mutant.ts'

const IS_FULL = process.env.KBACKUP_TEST_SCALE === 'full'
const MOST_SEEDS = 20_000
const TIMEOUT_MS = 3_600_000
const KILL_SUITES = ['restore-crash', 'restore-race', 'restore-storm', 'target-loss'].map(
  (name) => `src/restore/${name}.test.ts`,
)
const DAMAGE_SUITES = ['archive/section-reader', 'verify/verify-archive', 'restore/damaged-archive'].map(
  (name) => `src/${name}.test.ts`,
)
const NOTHING: Mutation = { rule: 'nothing is switched off', edits: [] }

/** What a mutation that was found out says of the tests. */
interface Found {
  readonly rule: string
  readonly files: readonly string[]
  readonly foundBy: string
  /** How many seeds, or tests, had passed before. */
  readonly passedBefore: number
}

const found: Found[] = []

async function inMutant<T>(mutation: Mutation, work: (directory: string) => Promise<T>): Promise<T> {
  const mutant = await makeMutant(mutation)
  try {
    return await work(mutant.directory)
  } finally {
    await mutant.remove()
  }
}

function filesOf({ edits }: Mutation): readonly string[] {
  return edits.map(({ file }) => `packages/core/src/${file}`)
}

describe('every rule that tests are to hold', () => {
  it.each([...COMMIT_RULES, ...DIGEST_RULES, ...RESTORE_RULES])(
    'can be switched off in the source: $rule',
    async (mutation) => {
      await assertFits(mutation)
    },
  )
})

// With a tenth of them, which ones would be left to chance: npm run test:long switches off all of them.
describe.runIf(IS_FULL)('the simulation of the commit protocol fails', () => {
  it.each(COMMIT_RULES)('without the rule that $rule', { timeout: TIMEOUT_MS }, async (mutation) => {
    const result = await inMutant(mutation, (directory) =>
      simulateSeeds({ first: 1, step: 1, count: MOST_SEEDS }, directory),
    )
    expect(result.failure).not.toBeNull()
    const foundBy = `simulation: ${result.failure?.faults[0]}`
    found.push({ rule: mutation.rule, files: filesOf(mutation), foundBy, passedBefore: result.seeds - 1 })
  })
})

describe.runIf(IS_FULL)('the tests with damaged archives', () => {
  it.each(DIGEST_RULES)('fail without the rule that $rule', { timeout: TIMEOUT_MS }, async (mutation) => {
    const { passed, failure } = await inMutant(mutation, (directory) => runTests(directory, DAMAGE_SUITES))
    expect(failure).not.toBeNull()
    found.push({ rule: mutation.rule, files: filesOf(mutation), foundBy: failure?.test ?? '', passedBefore: passed })
  })
})

describe.runIf(IS_FULL)('the restores that are killed in memory', () => {
  it('pass in a copy of the source as it is', { timeout: TIMEOUT_MS }, async () => {
    expect(
      (await inMutant(NOTHING, (directory) => runTests(directory, [...KILL_SUITES, ...DAMAGE_SUITES]))).failure,
    ).toBeNull()
  })

  it.each(RESTORE_RULES)('fail without the rule that $rule', { timeout: TIMEOUT_MS }, async (mutation) => {
    const { passed, failure } = await inMutant(mutation, (directory) => runTests(directory, KILL_SUITES))
    expect(failure).not.toBeNull()
    found.push({ rule: mutation.rule, files: filesOf(mutation), foundBy: failure?.test ?? '', passedBefore: passed })
  })

  it('and the simulation find all of them out', async () => {
    expect(found).toHaveLength(COMMIT_RULES.length + DIGEST_RULES.length + RESTORE_RULES.length)
    await writeEvidence({
      name: 'mutations',
      what: 'Each rule is switched off in a copy of the source: those of the commit protocol must make its simulation fail, those of what vouches for bytes the tests with damaged archives, and those of restoring exactly once the restores that are killed in memory.',
      figures: { rules: found.length, survivors: 0, found },
    })
  })
})
