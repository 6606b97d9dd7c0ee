import { CONTROL_FLAG, TRANSACTIONAL_FLAG } from '../../batch/batch-layout.ts'
import type { ProducerIdentity } from '../../kafka/kafka-data.ts'
import { encodeTestBatch } from './test-record.ts'

export interface TransactionMarker extends ProducerIdentity {
  readonly outcome: 'commit' | 'abort'
  readonly now: bigint
}

/*
 * key:    | version int16 0 | type int16 (0 abort, 1 commit) |
 * value:  | version int16 0 | coordinator epoch int32 0 |
 */
/** The control batch with which a coordinator ends a transaction in a partition (KIP-98). */
export function encodeMarker({ producerId, producerEpoch, outcome, now }: TransactionMarker): Promise<Buffer> {
  const key = Buffer.from([0, 0, 0, outcome === 'commit' ? 1 : 0])
  const producer = { producerId, producerEpoch, baseSequence: -1 }
  return encodeTestBatch([{ key, value: Buffer.alloc(6) }], { now, producer, flags: CONTROL_FLAG | TRANSACTIONAL_FLAG })
}
