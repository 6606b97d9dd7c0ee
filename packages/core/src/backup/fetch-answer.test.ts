import { describe, expect, it } from 'vitest'
import { type LogBatch, logBatch, WHERE } from '../batch/testing/log-batch.ts'
import type { FetchedPartition } from '../kafka/kafka-data.ts'
import { readFetchAnswer } from './fetch-answer.ts'

const record = (offsetDelta: number) => ({ offsetDelta, timestamp: 1n, key: null, value: null, headers: [] })

/** Two records, the second one at the offset that the span says, or compacted away. */
function batchAt(baseOffset: bigint, span: number, spec: Partial<LogBatch> = {}) {
  return logBatch({ baseOffset, records: [record(0), record(span - 1)], ...spec })
}

async function fetched(...batches: ReturnType<typeof logBatch>[]): Promise<FetchedPartition> {
  const records = Buffer.concat((await Promise.all(batches)).map(({ bytes }) => bytes))
  return { ...WHERE, highWatermark: 100n, lastStableOffset: 100n, logStartOffset: 0n, abortedTransactions: [], records }
}

const asked = { offset: 10n, stopOffset: 100n, alone: false, throttleTimeMs: 0, mayHaveHoles: true }
const alone = { ...asked, alone: true }

describe('readFetchAnswer', () => {
  it('goes on behind the header of the last batch, whatever records were compacted out of it', async () => {
    const answer = await fetched(batchAt(10n, 2), batchAt(12n, 2, { lastOffsetDelta: 7 }))
    expect(readFetchAnswer(answer, asked)).toMatchObject({ kind: 'data', nextOffset: 20n })
  })

  it('takes a batch that begins before the offset asked for, and leaves out one that ends before it', async () => {
    const meaning = readFetchAnswer(await fetched(batchAt(4n, 3), batchAt(8n, 5)), asked)
    expect(meaning).toMatchObject({ kind: 'data', batches: [{ baseOffset: 8n }], nextOffset: 13n })
  })

  it('ends at the stop, also inside a batch', async () => {
    const answer = await fetched(batchAt(10n, 10))
    expect(readFetchAnswer(answer, { ...asked, stopOffset: 15n })).toMatchObject({ kind: 'data', nextOffset: 15n })
  })

  it('takes a batch at the stop, or beyond, for the proof that nothing is left before it', async () => {
    const behindHole = await fetched(batchAt(10n, 2), batchAt(50n, 2))
    expect(readFetchAnswer(behindHole, { ...asked, stopOffset: 40n })).toMatchObject({
      batches: [{ baseOffset: 10n }],
      nextOffset: 40n,
    })
    const onlyBeyond = await fetched(batchAt(40n, 2))
    expect(readFetchAnswer(onlyBeyond, { ...asked, stopOffset: 40n })).toEqual({
      kind: 'data',
      batches: [],
      nextOffset: 40n,
    })
  })

  it('takes an empty answer for a hole only if the partition was asked for alone, of a stable leader, outside of quotas', async () => {
    const empty = await fetched()
    expect(readFetchAnswer(empty, asked)).toEqual({ kind: 'again', alone: true, delayMs: 0 })
    expect(readFetchAnswer(empty, { ...alone, throttleTimeMs: 700 })).toEqual({
      kind: 'again',
      alone: true,
      delayMs: 700,
    })
    const lagging = { ...empty, lastStableOffset: 99n }
    expect(readFetchAnswer(lagging, alone)).toMatchObject({ kind: 'again', alone: true })
    expect(readFetchAnswer(empty, alone)).toEqual({ kind: 'data', batches: [], nextOffset: 100n })
  })

  it('never takes an empty answer for a hole where the log is in tiered storage', async () => {
    expect(readFetchAnswer(await fetched(), { ...alone, mayHaveHoles: false })).toMatchObject({ kind: 'again' })
  })

  it('never waits longer than seconds for a quota, and asks again for as long as it lasts', async () => {
    const meaning = readFetchAnswer(await fetched(), { ...alone, throttleTimeMs: 3_600_000 })
    expect(meaning).toEqual({ kind: 'again', alone: true, delayMs: 10_000 })
  })

  it('takes a batch that was cut short for nothing', async () => {
    const { bytes } = await batchAt(10n, 2)
    const short = { ...(await fetched()), records: bytes.subarray(0, bytes.length - 1) }
    expect(readFetchAnswer(short, asked)).toEqual({ kind: 'again', alone: true, delayMs: 0 })
    expect(readFetchAnswer(short, alone)).toMatchObject({ kind: 'again', alone: true })
  })

  it('hands on what the broker says is wrong', async () => {
    const error = { code: 1, name: 'OFFSET_OUT_OF_RANGE', retriable: false }
    expect(readFetchAnswer({ ...(await fetched()), error }, asked)).toEqual({ kind: 'failed', error })
  })
})
