import { type BatchProducer, encodeBatch } from '../../batch/batch-builder.ts'
import { encodeRecordBody } from '../../batch/record-body.ts'

/** The record batches that the cases produce. */
export interface ContractBatchOptions {
  readonly producer?: BatchProducer | undefined
  /** `null` makes records without a key. */
  readonly key?: Buffer | null | undefined
  /** Of the first record; each further one is a second later. */
  readonly timestamp?: bigint | undefined
}

/** A batch of records with these values. */
export function contractBatch(values: readonly string[], options: ContractBatchOptions = {}): Promise<Buffer> {
  const { producer, key = Buffer.from('key'), timestamp = BigInt(Date.now()) } = options
  const records = values.map((value, index) => ({
    timestamp: timestamp + BigInt(index) * 1_000n,
    body: encodeRecordBody({ key, value: Buffer.from(value), headers: [['h', null]] }),
  }))
  return encodeBatch(records, { codec: 'none', producer })
}
