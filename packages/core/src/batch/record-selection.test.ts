import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchPayload } from './batch-payload.ts'
import { rawRecordAt } from './batch-records.ts'
import { RecordCursor } from './record-cursor.ts'
import { type RecordSelection, recordFilter } from './record-selection.ts'
import { arbitraryLogBatch } from './testing/arbitrary-batches.ts'
import { arbitrarySelection } from './testing/arbitrary-selection.ts'
import { logBatch, WHERE } from './testing/log-batch.ts'
import { isVisibleIn, visibleRecords } from './testing/visible-records.ts'

describe('recordFilter', () => {
  it('keeps exactly the records inside bounds and window, ends included, as comparing each of them does', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLogBatch, arbitrarySelection, async (spec, selection) => {
        const expected = visibleRecords({ ...spec, baseOffset: 1_000n }).filter((record) =>
          isVisibleIn(selection, record),
        )
        expect(await selectedOffsets({ ...spec, baseOffset: 1_000n }, selection)).toEqual(
          expected.map(({ offset }) => offset),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('does not trust the base timestamp of a cleaned batch, which may lie in the future', async () => {
    const records = [100n, 200n].map((timestamp, offsetDelta) => ({
      timestamp,
      offsetDelta,
      key: null,
      value: null,
      headers: [],
    }))
    const spec = { records, flags: 0x40, baseTimestamp: 10n ** 13n }
    const bounds = { startOffset: 0n, nextOffset: 10n }
    expect(await selectedOffsets(spec, { bounds, window: { start: 100n, end: 100n } })).toEqual([0n])
  })
})

async function selectedOffsets(
  spec: Parameters<typeof logBatch>[0],
  selection: RecordSelection,
): Promise<readonly bigint[]> {
  const batch = await logBatch(spec)
  const cursor = new RecordCursor(batch, await batchPayload(batch, WHERE), WHERE)
  const isWanted = recordFilter(batch, selection)
  const offsets: bigint[] = []
  while (cursor.next()) if (isWanted(cursor)) offsets.push(rawRecordAt(cursor).offset)
  return offsets
}
