import { describe, expect, it } from 'vitest'
import { Simulation } from './simulation.ts'
import { runSeeds } from './simulation-seeds.ts'

const SEEDS = 100
const TIMEOUT_MS = 300_000

// Twenty thousand seeds more are run by test-harness/e2e/simulation.test.ts.
describe('many writers, cleaners and a reader on a store that loses requests and answers', () => {
  it('lose nothing that was acknowledged, take nothing twice, miss no object and keep what is pinned', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { failure, figures } = await runSeeds({ first: 1_000_001, step: 1, count: SEEDS })
    expect(failure).toBeNull()
    // Often enough for that to mean something.
    for (const count of [figures.fenced, figures.kills, figures.stalls, figures.deletions, figures.acknowledged]) {
      expect(count).toBeGreaterThan(SEEDS)
    }
    for (const count of [figures.ghosts, figures.bundles, figures.recreations, figures.truncations]) {
      expect(count).toBeGreaterThan(SEEDS / 25)
    }
  })

  it('do the same again for the same seed', async () => {
    const [once, again] = [await new Simulation(7).run(), await new Simulation(7).run()]
    expect(again.figures).toEqual(once.figures)
    expect(again.store.keys()).toEqual(once.store.keys())
    for (const key of once.store.keys()) expect(await again.store.get(key)).toEqual(await once.store.get(key))
  })
})
