import { expect, it } from 'vitest'
import { readStoredMap } from '../../offsets/stored-offset-map.ts'
import { createRestore } from '../create-restore.ts'
import { MortalProcess } from '../testing/mortal-process.ts'
import {
  type Archived,
  archiveOf,
  numbered,
  ONLY_MISSING,
  orders,
  RESTORE_ID,
  targetOf,
  valuesAt,
  valuesFrom,
} from '../testing/only-missing-scene.ts'
import { outcomeOf, untilDone } from '../testing/restore-runs.ts'
import { copyOf } from '../testing/small-archive.ts'

const TIMEOUT_MS = 180_000
const BATCHES = Array.from({ length: 6 }, (_, index) => numbered(index * 3, index * 3 + 3))

type Trial = Pick<Archived, 'storage'> & { readonly target: Awaited<ReturnType<typeof targetOf>> }

function runIn(process: MortalProcess, { storage, target }: Trial) {
  return createRestore({
    ...ONLY_MISSING,
    storage: process.store(storage),
    target: process.cluster(target),
    environment: process.environment,
  }).run()
}

it.each(['broker', 'store'] as const)(
  'produces what is missing once, and maps what is there, killed at any call to the %s',
  async (place) => {
    const archived = await archiveOf(BATCHES)
    let struck = 0
    for (let call = 1; ; call += 1) {
      // Half of a batch, two batches, and what is none of the archive.
      const target = await targetOf([numbered(4, 6), [{ value: 'other' }], numbered(9, 15)])
      const trial = { storage: await copyOf(archived.storage), target }
      const process = new MortalProcess({ at: place, call, when: 'after' })
      await outcomeOf(runIn(process, trial))
      if (!process.isStruck) break
      await untilDone((process) => runIn(process, trial))
      const there = [...valuesFrom(4, 6), 'other', ...valuesFrom(9, 15)]
      const produced = [...valuesFrom(0, 4), ...valuesFrom(6, 9), ...valuesFrom(15, 18)]
      expect(await valuesAt(target), `killed at call ${call}`).toEqual([...there, ...produced])
      const map = await readStoredMap({ store: trial.storage, backupId: 'b' }, RESTORE_ID, undefined)
      const places = valuesFrom(0, 18).map((value) => BigInt([...there, ...produced].indexOf(value)))
      const mapped = places.map((_, offset) => map.translate({ ...orders, offset: BigInt(offset) }))
      expect(mapped, `killed at call ${call}`).toEqual(
        places.map((offset) => ({ kind: 'exact', target: { ...orders, offset } })),
      )
      struck += 1
    }
    expect(struck).toBeGreaterThan(10)
  },
  TIMEOUT_MS,
)
