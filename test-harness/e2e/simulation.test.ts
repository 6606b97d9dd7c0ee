import { availableParallelism } from 'node:os'
import { expect, it } from 'vitest'
import { writeEvidence } from '../src/evidence.ts'
import { scaled } from '../src/index.ts'
import { type SeedsResult, simulateSeeds } from '../src/mutations/simulated-seeds.ts'

const SEEDS = scaled(20_000)
const PROCESSES = Math.min(8, availableParallelism())
const TIMEOUT_MS = 1_800_000

function sumOf(results: readonly SeedsResult[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const { figures } of results) {
    for (const [name, count] of Object.entries(figures)) sums[name] = (sums[name] ?? 0) + count
  }
  return sums
}

it(`the commit protocol keeps its promises in every one of ${SEEDS} seeds`, { timeout: TIMEOUT_MS }, async () => {
  const startedAtMs = Date.now()
  const shares = Array.from({ length: PROCESSES }, (_, index) => ({
    first: index + 1,
    step: PROCESSES,
    count: Math.ceil((SEEDS - index) / PROCESSES),
  }))
  const results = await Promise.all(shares.map((share) => simulateSeeds(share)))
  expect(results.flatMap(({ failure }) => failure ?? [])).toEqual([])
  expect(results.reduce((sum, { seeds }) => sum + seeds, 0)).toBe(SEEDS)
  const figures = sumOf(results)
  for (const name of [
    'acknowledged',
    'fenced',
    'ghosts',
    'kills',
    'stalls',
    'deletions',
    'bundles',
    'recreations',
    'truncations',
  ]) {
    expect(figures[name], name).toBeGreaterThan(SEEDS / 25)
  }
  await writeEvidence({
    name: 'simulation',
    what: 'Writers, cleaners and a reader work on one archive, on a store that loses requests and answers and lets some land late, in processes that are killed, stopped and started again, over a source that changes; each seed is one run.',
    figures: {
      seeds: SEEDS,
      processes: PROCESSES,
      seconds: Math.round((Date.now() - startedAtMs) / 1_000),
      cpuSeconds: Math.round(results.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)),
      ...figures,
      faults: 0,
    },
  })
})
