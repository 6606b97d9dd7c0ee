import fc from 'fast-check'
import type { RecordHeader } from '../../kafka/kafka-record.ts'
import type { BatchProducer } from '../batch-builder.ts'
import { BATCH_CODECS, type BatchCodec } from '../batch-codec.ts'
import { DELETE_HORIZON_FLAG, LOG_APPEND_TIME_FLAG, TRANSACTIONAL_FLAG } from '../batch-layout.ts'
import type { RecordContent } from '../record-body.ts'
import type { LogBatch, LogRecord } from './log-batch.ts'

const bytes = fc.uint8Array({ maxLength: 40 }).map((content) => Buffer.from(content))
const nullable = fc.option(bytes, { nil: null })
const headerKey = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 10 }),
  fc.constantFrom('__proto__', '', '\ufeffbom'),
  fc.uint8Array({ minLength: 1, maxLength: 6 }).map((rest) => Buffer.from([0xff, ...rest])),
)
const header: fc.Arbitrary<RecordHeader> = fc.tuple(headerKey, nullable)

export const arbitraryContent: fc.Arbitrary<RecordContent> = fc.record({
  key: nullable,
  value: nullable,
  headers: fc.array(header, { maxLength: 4 }),
})

/** Everyday times, and the corners that producers can send. */
export const arbitraryTimestamp: fc.Arbitrary<bigint> = fc.oneof(
  { arbitrary: fc.bigInt({ min: 1_764_000_000_000n, max: 1_764_000_000_100n }), weight: 4 },
  fc.constantFrom(-1n, 0n, 1n, 2n ** 52n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }),
)

export const arbitraryCodec: fc.Arbitrary<BatchCodec> = fc.constantFrom(...BATCH_CODECS)

export const arbitraryProducer: fc.Arbitrary<BatchProducer> = fc.record({
  producerId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  producerEpoch: fc.nat({ max: 32_767 }),
  baseSequence: fc.nat({ max: 2 ** 31 - 1 }),
})

const records: fc.Arbitrary<readonly LogRecord[]> = fc
  .array(
    fc.record({ step: fc.constantFrom(1, 1, 1, 2, 5), timestamp: arbitraryTimestamp, content: arbitraryContent }),
    {
      maxLength: 12,
    },
  )
  .map((planned) => {
    let offsetDelta = -1
    return planned.map(({ step, timestamp, content }) => {
      offsetDelta += step
      return { ...content, timestamp, offsetDelta }
    })
  })

const headerFacts = fc.record({
  codec: arbitraryCodec,
  flags: fc.constantFrom(0, 0, 0, LOG_APPEND_TIME_FLAG, TRANSACTIONAL_FLAG, DELETE_HORIZON_FLAG),
  holesBehind: fc.constantFrom(0, 0, 3),
  deleteHorizon: fc.bigInt({ min: 0n, max: 2n ** 42n }),
})

/** A batch as logs hold them: dense or with holes, of any codec, perhaps cleaned, perhaps with the broker's times. */
export const arbitraryLogBatch: fc.Arbitrary<LogBatch> = fc.tuple(records, headerFacts).map(([list, facts]) => ({
  records: list,
  codec: facts.codec,
  flags: facts.flags,
  lastOffsetDelta: (list.at(-1)?.offsetDelta ?? 0) + facts.holesBehind,
  ...(facts.flags === DELETE_HORIZON_FLAG && { baseTimestamp: facts.deleteHorizon }),
}))

/** Batches of one partition, one behind the other, with gaps between some. */
export const arbitraryLog: fc.Arbitrary<readonly LogBatch[]> = fc
  .array(fc.tuple(arbitraryLogBatch, fc.constantFrom(0n, 0n, 4n)), { maxLength: 8 })
  .map((list) => {
    let baseOffset = 1_000n
    return list.map(([batch, gap]) => {
      const placed = { ...batch, baseOffset: baseOffset + gap }
      baseOffset = placed.baseOffset + BigInt((placed.lastOffsetDelta ?? 0) + 1)
      return placed
    })
  })
