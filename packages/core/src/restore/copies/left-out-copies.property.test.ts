import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openArchive } from '../../archive/open-archive.ts'
import { packBatches } from '../../batch/pack-for-produce.ts'
import { ByteBudget } from '../../memory/byte-budget.ts'
import { BlockFeed } from '../block-feed.ts'
import { archivedRecords } from '../present-records/archived-records.ts'
import { ReadCounters } from '../read-counters.ts'
import { readRestoreOptions } from '../restore-request.ts'
import type { ArchivedCopy, RestoreStream } from '../restore-stream.ts'
import { selectStreams } from '../stream-selection.ts'
import { backUpAgain } from '../testing/in-place-scene.ts'
import { archiveOf, numbered, orders } from '../testing/only-missing-scene.ts'

const RECORDS = 120

/** Runs of copies, in order and apart. */
const copies = fc
  .array(fc.record({ hole: fc.nat(20), count: fc.integer({ min: 1, max: 25 }) }), { maxLength: 8 })
  .map((parts) => {
    let next = 0
    return parts.map(({ hole, count }): ArchivedCopy => {
      const copyFirst = BigInt(next + hole)
      next += hole + count
      return { copyFirst, count, originalFirst: 0n, appendedAtMs: 0n, producerId: -1n }
    })
  })

/** Batches of 1, 2, … 15 records, in two sections. */
async function archivedStream() {
  const batches = Array.from({ length: 15 }, (_, index) =>
    numbered((index * (index + 1)) / 2, ((index + 1) * (index + 2)) / 2),
  )
  const at = await archiveOf(batches.slice(0, 10))
  for (const batch of batches.slice(10)) await at.source.simulation.append(orders, batch)
  await backUpAgain(at)
  const { state } = await openArchive(at.storage, 'b')
  const [stream] = selectStreams(state, readRestoreOptions({ backupId: 'b' })).flatMap((topic) => topic.streams)
  if (stream === undefined) throw new Error('nothing is selected')
  return { stream, store: at.storage }
}

it('leaves out exactly the copies, whether records are compared or packed, however runs and batches lie', async () => {
  const { stream, store } = await archivedStream()
  const reading = { store, budget: new ByteBudget(1 << 20), signal: new AbortController().signal }
  const read = async (each: RestoreStream) => {
    const offsets: number[] = []
    for await (const records of archivedRecords(each, reading))
      for (const { offset } of records) offsets.push(Number(offset))
    return offsets
  }
  const pack = async (each: RestoreStream) => {
    const offsets: number[] = []
    const packed = packBatches(
      new BlockFeed({ ...reading, stream: each, fromOffset: 0n, counters: new ReadCounters() }).blocks(),
      {
        producer: { producerId: 1n, producerEpoch: 0 },
        firstSequence: 0,
        maxBatchBytes: 1 << 20,
        joinBelowBytes: 64,
        where: orders,
        selection: { bounds: { startOffset: 0n, nextOffset: 1_000n }, window: {} },
      },
    )
    for await (const { sources } of packed) {
      for (const { firstOffset, count } of sources) {
        offsets.push(...Array.from({ length: count }, (_, index) => Number(firstOffset) + index))
      }
    }
    return offsets
  }
  await fc.assert(
    fc.asyncProperty(copies, async (dropCopies) => {
      const left = Array.from({ length: RECORDS }, (_, offset) => offset).filter(
        (offset) =>
          !dropCopies.some(({ copyFirst, count }) => offset >= copyFirst && offset < copyFirst + BigInt(count)),
      )
      const filtered = { ...stream, filter: { ...stream.filter, dropCopies } }
      expect(await read(filtered)).toEqual(left)
      expect(await pack(filtered)).toEqual(left)
    }),
  )
}, 120_000)
