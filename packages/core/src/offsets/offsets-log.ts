import type { Omission } from '../archive/section.ts'
import { decodeRecords } from '../batch/batch-records.ts'
import { type ControlRecord, readControlRecord } from '../batch/control-record.ts'
import type { RecordBatch } from '../batch/record-batch.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import type { KafkaRecord } from '../kafka/kafka-record.ts'
import { OFFSETS_TOPIC } from './offsets-topic-record.ts'

/** What is read of a log: a batch, control batches included, or offsets of which it is known why they are not there. */
export type OffsetsLogItem =
  | { readonly type: 'batch'; readonly batch: RecordBatch }
  | { readonly type: 'omission'; readonly omission: Omission }

/** What was read of one lineage of one partition of `__consumer_offsets`. */
export interface OffsetsLog {
  readonly partition: number
  /** What lies below was not read; 0 where the log was read from its beginning. */
  readonly startOffset: bigint
  /** Where reading ended. */
  readonly nextOffset: bigint
  /**
   * A moment before which no record at `nextOffset` or behind it is stamped: when it was seen that the log ended there.
   * `null` where that was not seen. A time on another clock than the brokers' is worth as much as the two agree.
   */
  readonly completeAtMs: bigint | null
  /** In offset order. Offsets in the bounds that no item covers count as compacted away. */
  readonly items: AsyncIterable<OffsetsLogItem>
}

/** A log as a sequence of what happened in it, in offset order, without overlap. */
export type OffsetsLogEvent =
  | ({ readonly type: 'record'; readonly producerId: bigint | null } & Pick<
      KafkaRecord,
      'offset' | 'timestamp' | 'key' | 'value'
    >)
  | {
      readonly type: 'marker'
      readonly offset: bigint
      readonly timestamp: bigint
      readonly producerId: bigint
      readonly outcome: 'commit' | 'abort'
    }
  /** Offsets `[offset, nextOffset)` of which it is not known what stood there. */
  | { readonly type: 'hole'; readonly offset: bigint; readonly nextOffset: bigint }

/**
 * What happened in a log between its bounds. What is not covered comes out as holes: before the first offset that was
 * read, between batches, and inside them. What lies behind the end of what was read is not a hole.
 *
 * @throws KbackupError `KB_BATCH_CORRUPT`, `KB_CODEC_UNKNOWN`
 */
export async function* offsetsLogEvents(
  log: OffsetsLog,
  options: CallOptions = {},
): AsyncGenerator<OffsetsLogEvent, void, undefined> {
  if (log.startOffset > 0n) yield { type: 'hole', offset: 0n, nextOffset: log.startOffset }
  let expected = log.startOffset
  for await (const item of log.items) {
    options.signal?.throwIfAborted()
    for (const { offset, nextOffset, event } of await spansOf(item, log, options)) {
      if (offset >= log.nextOffset || nextOffset <= expected) continue
      if (offset > expected) yield { type: 'hole', offset: expected, nextOffset: offset }
      if (event !== undefined) yield event
      expected = nextOffset
    }
  }
  if (expected < log.nextOffset) yield { type: 'hole', offset: expected, nextOffset: log.nextOffset }
}

/** Offsets of which it is known what stood there; without an event it was nothing that matters. */
interface Span {
  readonly offset: bigint
  readonly nextOffset: bigint
  readonly event?: OffsetsLogEvent
}

async function spansOf(item: OffsetsLogItem, log: OffsetsLog, options: CallOptions): Promise<readonly Span[]> {
  const where = { topic: OFFSETS_TOPIC, partition: log.partition }
  if (item.type === 'omission') return omissionSpans(item.omission)
  const { batch } = item
  if (batch.isControl) return markerSpans(readControlRecord(batch, where))
  const producerId = batch.isTransactional ? batch.producerId : null
  const records = await decodeRecords(batch, where, options)
  return records.map(({ offset, timestamp, key, value }) =>
    spanOf({ type: 'record', producerId, offset, timestamp, key, value }),
  )
}

/** Of what was left out, only what was aborted is known to have moved nothing. */
function omissionSpans({ reason, startOffset, nextOffset }: Omission): readonly Span[] {
  return reason === 'aborted' ? [{ offset: startOffset, nextOffset }] : []
}

/** A control batch from which the cleaner took the marker says nothing any more: it is a hole. */
function markerSpans(control: ControlRecord | undefined): readonly Span[] {
  if (control === undefined) return []
  const { offset, timestamp, producerId, type } = control
  if (type === 'other') return [{ offset, nextOffset: offset + 1n }]
  return [spanOf({ type: 'marker', offset, timestamp, producerId, outcome: type })]
}

function spanOf(event: OffsetsLogEvent): Span {
  return { offset: event.offset, nextOffset: event.offset + 1n, event }
}
