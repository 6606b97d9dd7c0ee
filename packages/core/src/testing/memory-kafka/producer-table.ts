import type { RecordBatch } from '../../batch/record-batch.ts'
import type { ActiveProducer } from '../../kafka/kafka-data.ts'
import type { BrokerErrorName } from './broker-error.ts'

// What a broker remembers of each producer, so that a repeated request can be answered with the first one's offset.
const REMEMBERED_BATCHES = 5
const SEQUENCES = 2 ** 31

interface RememberedBatch {
  readonly baseSequence: number
  readonly lastSequence: number
  readonly baseOffset: bigint
}

interface ProducerEntry {
  readonly producerEpoch: number
  readonly lastTimestamp: bigint
  readonly batches: readonly RememberedBatch[]
}

/** What the table says of a batch before it is appended. */
export type ProducerVerdict =
  | { readonly type: 'append' }
  | { readonly type: 'duplicate'; readonly baseOffset: bigint }
  | { readonly type: 'error'; readonly name: BrokerErrorName; readonly message: string }

const APPEND: ProducerVerdict = { type: 'append' }

/**
 * The idempotent producers that the leader of one partition knows.
 *
 * Any sequence is accepted of a producer that is not known, as brokers do since they may have forgotten it.
 *
 * Source: `ProducerStateEntry` and `ProducerAppendInfo` of Kafka.
 */
export class ProducerTable {
  readonly #producers = new Map<bigint, ProducerEntry>()

  /** Whether a batch is in sequence, a repetition of one of the last five, or neither. */
  judge(batch: RecordBatch): ProducerVerdict {
    const entry = this.#producers.get(batch.producerId)
    if (batch.producerId < 0n || entry === undefined) return APPEND
    if (batch.producerEpoch < entry.producerEpoch) return fenced(batch, entry)
    if (batch.producerEpoch > entry.producerEpoch) return batch.baseSequence === 0 ? APPEND : outOfOrder(batch, -1)
    const repeated = entry.batches.find((known) => isRepetition(known, batch))
    if (repeated !== undefined) return { type: 'duplicate', baseOffset: repeated.baseOffset }
    const last = entry.batches.at(-1)?.lastSequence ?? -1
    return batch.baseSequence === (last + 1) % SEQUENCES ? APPEND : outOfOrder(batch, last)
  }

  /** Notes a batch that was appended. What coordinators write has no sequence; it renews the epoch and the time. */
  note(batch: RecordBatch): void {
    if (batch.producerId < 0n) return
    const { producerId, producerEpoch, maxTimestamp: lastTimestamp } = batch
    const entry = this.#producers.get(producerId)
    const known = entry?.producerEpoch === producerEpoch ? entry.batches : []
    const batches = batch.baseSequence < 0 ? known : [...known, remembered(batch)].slice(-REMEMBERED_BATCHES)
    this.#producers.set(producerId, { producerEpoch, lastTimestamp, batches })
  }

  /** Forgets all producers, as after `producer.id.expiration.ms`. */
  clear(): void {
    this.#producers.clear()
  }

  /** The producers as DescribeProducers tells them (KIP-664). */
  describe(transactionStarts: ReadonlyMap<bigint, bigint>): readonly ActiveProducer[] {
    return [...this.#producers].map(([producerId, { producerEpoch, lastTimestamp, batches }]) => ({
      producerId,
      producerEpoch,
      lastSequence: batches.at(-1)?.lastSequence ?? -1,
      lastTimestamp,
      currentTransactionStartOffset: transactionStarts.get(producerId) ?? -1n,
    }))
  }
}

function remembered(batch: RecordBatch): RememberedBatch {
  return { baseSequence: batch.baseSequence, lastSequence: lastSequence(batch), baseOffset: batch.baseOffset }
}

function lastSequence({ baseSequence, lastOffsetDelta }: RecordBatch): number {
  return (baseSequence + lastOffsetDelta) % SEQUENCES
}

function isRepetition(known: RememberedBatch, batch: RecordBatch): boolean {
  return known.baseSequence === batch.baseSequence && known.lastSequence === lastSequence(batch)
}

function fenced({ producerId, producerEpoch }: RecordBatch, entry: ProducerEntry): ProducerVerdict {
  const message = `epoch ${producerEpoch} of producer ${producerId} is below the last seen ${entry.producerEpoch}`
  return { type: 'error', name: 'INVALID_PRODUCER_EPOCH', message }
}

function outOfOrder({ producerId, baseSequence }: RecordBatch, last: number): ProducerVerdict {
  const message = `sequence ${baseSequence} of producer ${producerId} does not follow ${last}`
  return { type: 'error', name: 'OUT_OF_ORDER_SEQUENCE_NUMBER', message }
}
