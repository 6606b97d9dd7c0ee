import { describe, expect, it } from 'vitest'
import { encodeBatch } from '../../batch/batch-builder.ts'
import type { BatchCodec } from '../../batch/batch-codec.ts'
import { encodeRecord } from '../../batch/batch-records.ts'
import { type ProducedBatch, ProducedDigests } from './produced-digests.ts'

const stream = { source: { topic: 'orders', partition: 0 } }
const other = { source: stream.source }

/** Records from one ordinal up to another. */
async function batchOf(first: number, next: number, codec: BatchCodec = 'none'): Promise<ProducedBatch> {
  const numbers = Array.from({ length: next - first }, (_, index) => first + index)
  const records = numbers.map((number) => {
    const content = { key: null, value: Buffer.from(`v${number}`), headers: [] }
    const place = { ...stream.source, offset: 0n, timestamp: BigInt(number), timestampType: 'CreateTime' } as const
    return encodeRecord({ ...place, ...content })
  })
  return { bytes: await encodeBatch(records, { codec }), recordCount: records.length, firstOrdinal: first }
}

async function digestOf(batches: readonly (readonly [number, number, BatchCodec?])[], records = 6) {
  const digests = new ProducedDigests()
  for (const batch of batches) {
    digests.take(stream, await batchOf(...batch))
    // Streams are on their way side by side.
    digests.take(other, await batchOf(0, 1))
  }
  return digests.finish(stream, records)
}

describe('the digest of a stream on its way to the target', () => {
  it('is that of its records in their order, however they are batched and however often a batch is sent', async () => {
    const digest = await digestOf([[0, 6]])
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    const ways = [
      [
        [0, 2],
        [2, 6],
      ],
      [
        [0, 2],
        [2, 4],
        [2, 4],
        [4, 6],
      ],
      [
        [0, 2],
        [2, 4],
        [0, 4],
        [4, 6],
      ],
    ] as const
    for (const way of ways) expect(await digestOf(way)).toBe(digest)
    expect(await digestOf([[0, 5]], 5)).not.toBe(digest)
  })

  it('is not there unless it is that of all records, each taken once and in its place', async () => {
    const ways = [
      [],
      [[0, 5]],
      [[0, 7]],
      [[1, 6]],
      [
        [0, 2],
        [3, 6],
      ],
      [
        [0, 2],
        [1, 6],
      ],
      [
        [0, 2],
        [2, 4, 'lz4'],
        [4, 6],
      ],
      [
        [0, 2],
        [3, 4],
        [2, 6],
      ],
    ] as const
    for (const way of ways) expect(await digestOf(way), JSON.stringify(way)).toBeUndefined()
  })
})
