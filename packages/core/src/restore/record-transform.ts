import { KbackupError } from '../errors/kbackup-error.ts'
import type { KafkaRecord } from '../kafka/kafka-record.ts'
import { partitionName } from '../kafka/topic-partition.ts'

/** What becomes of a record: one, several, or none. */
export type TransformResult = KafkaRecord | readonly KafkaRecord[] | null | undefined

/**
 * Your code in the stream of a restore: it changes records, leaves them out, or makes several of one.
 *
 * A restore that is killed and run again applies it anew, so that it must make the same of the same record every time: no
 * clock, no randomness, nothing that answers differently later. The offset map stays exact: a position on a record that was
 * left out leads to the next one that was not.
 */
export interface RecordTransform {
  /** What it is known by: to be changed whenever it makes something else of a record. Part of the restore's identity. */
  readonly version: string
  /**
   * Topic, partition and offset of what it returns are those of the source, and are left alone; with `repartition` the new
   * key decides of the target partition.
   */
  readonly apply: (record: KafkaRecord) => TransformResult | Promise<TransformResult>
}

/** The records that a transform makes of one, in their order; an answer that cannot be restored is `KB_CONFIG_INVALID`. */
export async function transformed({ apply }: RecordTransform, record: KafkaRecord): Promise<readonly KafkaRecord[]> {
  const result = await apply(record)
  const made = isList(result) ? result : result == null ? [] : [result]
  for (const { topic, partition } of made) {
    if (topic !== record.topic || partition !== record.partition) throw movedElsewhere(record, { topic, partition })
  }
  return made
}

function isList(result: TransformResult): result is readonly KafkaRecord[] {
  return Array.isArray(result)
}

function movedElsewhere(record: KafkaRecord, to: { readonly topic: string; readonly partition: number }): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', {
    message: `the transform sends record ${record.offset} of ${partitionName(record)} to ${partitionName(to)}`,
    hint: 'leave topic and partition as they are: rename, partitionMapping and repartition say where records go',
    details: { topic: record.topic, partition: record.partition, offset: record.offset },
  })
}
