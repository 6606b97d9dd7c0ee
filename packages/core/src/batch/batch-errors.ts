import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'

/** The error for a batch whose bytes contradict each other or its checksum; `what` ends the sentence. */
export function corruptBatch(where: TopicPartition, offset: bigint, what: string, cause?: unknown): KbackupError {
  return new KbackupError('KB_BATCH_CORRUPT', {
    message: `the batch at offset ${offset} of ${partitionName(where)} ${what}`,
    hint: 'read it again from another replica or another copy; if it stays so, kafka.tools.DumpLogSegments shows what the log holds',
    details: { ...where, offset },
    cause,
  })
}

/** The error for a batch in the message format of Kafka before 0.11. */
export function oldMagic(where: TopicPartition, offset: bigint, magic: number): KbackupError {
  return new KbackupError('KB_BATCH_MAGIC', {
    message: `the messages at offset ${offset} of ${partitionName(where)} have magic ${magic}, the format of Kafka before 0.11`,
    hint: 'copy the topic on its own cluster with a current producer (which writes magic 2), or let retention remove its old segments',
    details: { ...where, offset, magic },
  })
}

/** The error for a compression codec whose number is not known. */
export function unknownCodec(where: TopicPartition, offset: bigint, codec: number): KbackupError {
  return new KbackupError('KB_CODEC_UNKNOWN', {
    message: `the batch at offset ${offset} of ${partitionName(where)} is compressed with codec number ${codec}, which is not known`,
    hint: 'a newer version of kbackup may know it',
    details: { ...where, offset, codec },
  })
}
