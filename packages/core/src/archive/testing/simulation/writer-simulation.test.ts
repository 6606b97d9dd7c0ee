import { describe, expect, it } from 'vitest'
import type { Commit } from '../../commit.ts'
import { openArchive } from '../../open-archive.ts'
import { BACKUP_ID } from '../commit-fixture.ts'
import { type SimulationOutcome, WriterSimulation } from './simulated-writers.ts'

const SEEDS = Array.from({ length: 100 }, (_, seed) => seed + 1)

async function historyOf({ store }: SimulationOutcome): Promise<readonly Commit[]> {
  const view = await openArchive(store, BACKUP_ID)
  const newest = view.state.head?.sequence ?? 0
  return Promise.all(Array.from({ length: newest }, (_, index) => view.readCommit(index + 1)))
}

async function assertSound(outcome: SimulationOutcome): Promise<void> {
  const { store, acknowledged } = outcome
  // Opening folds every commit and refuses whatever does not follow; the last one must still be the newest.
  const { state, warnings } = await openArchive(store, BACKUP_ID)
  expect(warnings).toEqual([])
  expect(state.head?.sequence).toBe(store.keys(`${BACKUP_ID}/commits/`).length)
  const live = [...state.topics.values()].flatMap(({ partitions }) =>
    partitions.flatMap(({ lineages }) => lineages.flatMap(({ sections }) => sections)),
  )
  const keys = live.map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
  for (const key of keys) expect(await store.head(key), key).toBeDefined()
  for (const { reference, sections } of acknowledged) {
    await openArchive(store, BACKUP_ID, { expect: reference })
    expect(keys).toEqual(expect.arrayContaining(sections.map(({ key }) => key)))
  }
  const added = (await historyOf(outcome)).flatMap(({ sections }) => sections.map(({ key }) => key))
  expect(new Set(added).size).toBe(added.length)
}

describe('many writers and a cleaner on a store that loses requests and answers', () => {
  const totals = { fenced: 0, kills: 0, commits: 0 }

  it.each(SEEDS)(
    'lose nothing that was acknowledged, take nothing twice, and miss no object, with seed %d',
    async (seed) => {
      const outcome = await new WriterSimulation(seed).run()
      await assertSound(outcome)
      totals.fenced += outcome.fenced
      totals.kills += outcome.kills
      totals.commits += outcome.acknowledged.length
    },
  )

  it('have been fenced and killed often enough for that to mean something', () => {
    expect(totals.fenced).toBeGreaterThan(SEEDS.length)
    expect(totals.kills).toBeGreaterThan(SEEDS.length)
    expect(totals.commits).toBeGreaterThan(SEEDS.length * 5)
  })

  it('do the same again for the same seed', async () => {
    const [once, again] = [await new WriterSimulation(7).run(), await new WriterSimulation(7).run()]
    expect(again.store.keys()).toEqual(once.store.keys())
    const heads = await Promise.all([once, again].map(({ store }) => openArchive(store, BACKUP_ID)))
    expect(heads[1]?.state.head).toEqual(heads[0]?.state.head)
  })
})
