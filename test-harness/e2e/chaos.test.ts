import { expect, it } from 'vitest'
import { CHAOS_BACKENDS } from '../src/chaos/chaos-backends.ts'
import { chaosRun } from '../src/chaos/chaos-run.ts'
import { newChaosTally } from '../src/chaos/chaos-tally.ts'
import { hurriedEnvironment } from '../src/chaos/hurried-environment.ts'
import { writeEvidence } from '../src/evidence.ts'
import { scaled } from '../src/index.ts'

const RUNS = scaled(200)
const FIRST_SEED = 20_251_129
/** Uploads in parts move megabytes. */
const LARGE_EVERY = 10
const TIMEOUT_MS = 120_000 + RUNS * 20_000

it.each(Object.entries(CHAOS_BACKENDS))(
  'on %s, whatever the store does to requests, no byte is wrong, no commit is lost, and no loser is false',
  { timeout: TIMEOUT_MS },
  async (name, start) => {
    const tally = newChaosTally()
    const { sleep, random } = hurriedEnvironment(tally.waits)
    await using backend = await start({ sleep, random })
    for (let run = 0; run < RUNS; run += 1) {
      const seed = FIRST_SEED + run
      const faults = await chaosRun({ backend, seed, tally, isLarge: run % LARGE_EVERY === 0 })
      expect(faults, `seed ${seed}`).toEqual([])
    }
    expect(Object.keys(tally.ends)).toEqual(expect.arrayContaining(['done', 'KB_ARCHIVE_FENCED']))
    expect(tally.waits.longestMs, 'Retry-After was heeded').toBeGreaterThanOrEqual(5_000)
    await writeEvidence({
      name: `chaos-${name}`,
      what: `Backups, some with a second writer beside them, validations and restores on ${name}, whose requests go wrong: 25 % errors and broken connections (also after they took effect), 30 % throttling with Retry-After, 10 % delays, 1 % damaged bodies. Each failed job is run again; then the archive and the restored topic are compared, record by record, with the source, and every commit that was reported with what is stored.`,
      figures: {
        firstSeed: FIRST_SEED,
        ...tally,
        wrongBytes: 0,
        lostCommits: 0,
        falseLosers: 0,
        faults: backend.counts,
      },
    })
  },
)
