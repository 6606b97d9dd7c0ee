import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { encodeBatch } from '../../batch/batch-builder.ts'
import type { BatchCodec } from '../../batch/batch-codec.ts'
import {
  ATTRIBUTES,
  BASE_OFFSET,
  BASE_TIMESTAMP,
  LOG_APPEND_TIME_FLAG,
  MAX_TIMESTAMP,
} from '../../batch/batch-layout.ts'
import { batchPayload } from '../../batch/batch-payload.ts'
import { encodeRecord, type RawRecord, rawRecords } from '../../batch/batch-records.ts'
import { viewBatch } from '../../batch/record-batch.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import { type OrderedBatch, OrderedRecords } from './ordered-records.ts'
import { PairedDigest } from './paired-digest.ts'
import { compareRecords } from './record-comparison.ts'

const where = { topic: 'orders', partition: 0 }
const signal = new AbortController().signal
const EVERYTHING = { end: 1_000, mayRemove: false, mayOverwriteTimes: false }

function records(count: number, first = 0) {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index
    const content = { key: Buffer.from(`k${number}`), value: Buffer.from(`v${number}`), headers: [] }
    return encodeRecord({
      ...where,
      ...content,
      offset: 0n,
      timestamp: 1_000n + BigInt(number),
      timestampType: 'CreateTime',
    })
  })
}

interface Made {
  readonly codec?: BatchCodec
  readonly firstOrdinal?: number
  /** Changes the bytes before they are looked at. */
  readonly change?: (bytes: Buffer) => void
}

async function batchOf(
  made: ReturnType<typeof records>,
  { codec = 'none', firstOrdinal = 0, change }: Made = {},
): Promise<OrderedBatch> {
  const bytes = await encodeBatch(made, { codec })
  bytes.writeBigInt64BE(BigInt(firstOrdinal), BASE_OFFSET)
  change?.(bytes)
  return { batch: viewBatch(bytes, where), firstOrdinal }
}

async function* each(batches: readonly OrderedBatch[]) {
  yield* batches
}

async function compared(archived: readonly OrderedBatch[], found: readonly OrderedBatch[], how = {}) {
  const digests = new PairedDigest()
  const sides = [archived, found].map((batches) => new OrderedRecords(each(batches), where, signal))
  const [left, right] = sides
  if (left === undefined || right === undefined) throw new Error('two sides')
  const result = await compareRecords({ ...EVERYTHING, ...how, archived: left, found: right, digests })
  return { ...result, ...digests.finish() }
}

describe('comparing what stands in a target with the archive', () => {
  it('gives the same digest however the target has batched and compressed the records', async () => {
    const archived = [await batchOf(records(5)), await batchOf(records(2, 5), { firstOrdinal: 5 })]
    const asTheyAre = await compared(archived, archived)
    expect(asTheyAre).toMatchObject({ compared: 7, removedSince: 0, difference: null })
    expect(asTheyAre.targetDigest).toBe(asTheyAre.archiveDigest)
    const others = [
      [await batchOf(records(5), { codec: 'gzip' }), archived[1]],
      [archived[0], await batchOf(records(2, 5), { firstOrdinal: 5, codec: 'lz4' })],
      [await batchOf(records(7))],
      [await batchOf(records(1)), await batchOf(records(6, 1), { firstOrdinal: 1, codec: 'zstd' })],
    ]
    for (const found of others) {
      expect(
        await compared(
          archived,
          found.filter((batch) => batch !== undefined),
        ),
      ).toEqual(asTheyAre)
    }
  })

  it('finds each flipped bit of a batch of which a consumer sees anything', async () => {
    const archived = [await batchOf(records(1)), await batchOf(records(3, 1), { firstOrdinal: 1 })]
    const [first, second] = archived
    if (first === undefined || second === undefined) throw new Error('two batches')
    const seen = await seenOf(second)
    const outcomes = { refused: 0, differing: 0, equal: 0 }
    for (let bit = ATTRIBUTES * 8; bit < second.batch.bytes.length * 8; bit++) {
      const change = (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      const found = await unlessRefused(() => batchOf(records(3, 1), { firstOrdinal: 1, change }))
      const outcome = found && (await unlessRefused(() => compared(archived, [first, found])))
      const sees = found && (await unlessRefused(() => seenOf(found)))
      outcomes[kindOf(outcome)] += 1
      expect(outcome?.difference === null, `bit ${bit}`).toBe(isDeepStrictEqual(sees, seen))
    }
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(0)
  })

  it('tells what differs first, and counts all: order, a record too many, one too few, and times', async () => {
    const archived = [await batchOf(records(3)), await batchOf(records(3, 3), { firstOrdinal: 3 })]
    const [a, b, c] = records(3, 3)
    if (a === undefined || b === undefined || c === undefined) throw new Error('three records')
    const second = (made: ReturnType<typeof records>, how: Made = {}) => batchOf(made, { firstOrdinal: 3, ...how })
    const cases: readonly (readonly [OrderedBatch, object])[] = [
      [await second([a, c, b]), { difference: { ordinal: 4, what: 'content' }, changed: 2, compared: 4 }],
      [await second([a, b, c, c]), { difference: { ordinal: 6, what: 'surplus' }, extra: 1, compared: 6 }],
      [await second([a]), { difference: { ordinal: 4, targetOffset: null, what: 'missing' }, missing: 2 }],
      [
        await batchOf([a, b, c], { firstOrdinal: 2 }),
        { difference: { ordinal: 2, targetOffset: 2n, what: 'doubled' }, extra: 1, changed: 2, missing: 1 },
      ],
      [await second([a, b, c], { change: stamp }), { difference: { ordinal: 3, what: 'timestamp' }, changed: 3 }],
      [await second([a, b, c], { change: moveTimes }), { difference: { ordinal: 3, what: 'timestamp' }, changed: 3 }],
    ]
    for (const [found, difference] of cases) {
      const outcome = await compared(archived, [...archived.slice(0, 1), found], { end: 6 })
      expect(outcome).toMatchObject({ missing: 0, extra: 0, changed: 0, ...difference })
    }
    const stamped = await second([a, b, c], { change: stamp })
    const accepted = await compared(archived, [...archived.slice(0, 1), stamped], { mayOverwriteTimes: true })
    expect(accepted).toEqual(await compared(archived, archived))
  })

  it('compares no record that is not asked for, though the same batch has it', async () => {
    const archived = [await batchOf(records(3)), await batchOf(records(3, 3), { firstOrdinal: 3 })]
    const [first, second] = archived
    if (first === undefined || second === undefined) throw new Error('two batches')
    expect(await compared(archived, archived, { end: 4 })).toMatchObject({ compared: 4, difference: null })
    const removed = [first, { ...second, fromOffset: 4n }]
    expect(await compared(archived, removed)).toMatchObject({ difference: { ordinal: 3, what: 'missing' } })
    expect(await compared(archived, removed, { mayRemove: true })).toMatchObject({ compared: 5, removedSince: 1 })
  })
})

type Outcome = Awaited<ReturnType<typeof compared>>

/** Digests tell apart what stands in the same place. */
function kindOf(outcome: Outcome | undefined): 'refused' | 'differing' | 'equal' {
  if (outcome === undefined) return 'refused'
  const { difference, changed, archiveDigest, targetDigest } = outcome
  if (changed > 0) expect(targetDigest).not.toBe(archiveDigest)
  else expect(targetDigest).toBe(archiveDigest)
  return difference === null ? 'equal' : 'differing'
}

/** What the broker of a LogAppendTime topic makes of a batch. */
function stamp(bytes: Buffer): void {
  bytes.writeInt16BE(bytes.readInt16BE(ATTRIBUTES) | LOG_APPEND_TIME_FLAG, ATTRIBUTES)
  bytes.writeBigInt64BE(5_000n, MAX_TIMESTAMP)
}

function moveTimes(bytes: Buffer): void {
  bytes.writeBigInt64BE(bytes.readBigInt64BE(BASE_TIMESTAMP) + 1n, BASE_TIMESTAMP)
}

/** What a consumer sees of a batch. */
async function seenOf({ batch }: OrderedBatch): Promise<readonly RawRecord[]> {
  return rawRecords(batch, await batchPayload(batch, where), where)
}

/** `undefined` where it throws as for a corrupt batch. */
async function unlessRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (KbackupError.is(error, 'KB_BATCH_CORRUPT', 'KB_CODEC_UNKNOWN')) return undefined
    throw error
  }
}
