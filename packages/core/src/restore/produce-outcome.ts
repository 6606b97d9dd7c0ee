import { KbackupError } from '../errors/kbackup-error.ts'
import { isForbidden } from '../kafka/forbidden.ts'
import type { ProduceResult } from '../kafka/kafka-data.ts'
import { partitionName } from '../kafka/topic-partition.ts'

/** What an answer to a produced batch means for its stream. */
export type ProduceOutcome =
  | { readonly kind: 'stands'; readonly baseOffset: bigint }
  /** What became of it, and of those behind it, is to be found out at the target. */
  | { readonly kind: 'ask'; readonly error: KbackupError }
  | { readonly kind: 'rejected'; readonly error: KbackupError }

/**
 * Errors of the protocol after which the target is asked what stands there, though they are not retriable:
 * OUT_OF_ORDER_SEQUENCE_NUMBER (a request of a process that was killed has landed before ours), DUPLICATE_SEQUENCE_NUMBER
 * (this very batch landed, longer ago than the broker remembers where), UNKNOWN_PRODUCER_ID (it was forgotten).
 */
const ASK_CODES: ReadonlySet<number> = new Set([45, 46, 59])

const HINTS: ReadonlyMap<number, string> = new Map([
  [10, 'the target takes no batch that large: settle with guards.messageSize: hold | drop'],
  [18, 'the target takes no batch that large: settle with guards.messageSize: hold | drop'],
  [32, 'the target refuses times that far away: begin a new restore with guards.timestampRange: hold | drop'],
  [76, 'the target does not know the codec of the archived batches: settle with guards.codec: recompress'],
  [
    87,
    'the target refuses the records: a compacted topic takes none without a key: begin a new restore with guards.nullKey: drop',
  ],
])

export function outcomeOf(result: ProduceResult): ProduceOutcome {
  const { error, baseOffset } = result
  if (error === undefined) {
    if (baseOffset >= 0n) return { kind: 'stands', baseOffset }
    return { kind: 'ask', error: rejection(result, { retryable: true }) }
  }
  if (error.retriable || ASK_CODES.has(error.code))
    return { kind: 'ask', error: rejection(result, { retryable: true }) }
  return { kind: 'rejected', error: rejection(result, { retryable: false }) }
}

function rejection(result: ProduceResult, { retryable }: { readonly retryable: boolean }): KbackupError {
  const { topic, partition, error, recordErrors } = result
  const [record] = recordErrors
  const said = [error?.message, record?.message].filter((text) => text !== undefined && text !== null).join('; ')
  const name = error?.name ?? 'no offset'
  return new KbackupError(isForbidden(error) ? 'KB_KAFKA_AUTHORIZATION' : 'KB_PRODUCE_REJECTED', {
    message: `target ${partitionName({ topic, partition })} answered ${name} to a batch${said === '' ? '' : `: ${said}`}`,
    hint: isForbidden(error)
      ? `grant Write on target topic ${topic}, then run the same restore again: it goes on from here`
      : (HINTS.get(error?.code ?? 0) ?? 'run the same restore again to go on from here'),
    details: {
      topic,
      partition,
      error: name,
      ...(record === undefined ? {} : { recordIndex: record.index }),
    },
    retryable,
  })
}
