import { WHERE } from '../../batch/testing/log-batch.ts'
import { type PartitionTask, partitionTask } from '../partition-task.ts'

/** The task of a partition of 100 offsets of which nothing is archived. */
export function taskOfNewPartition(): PartitionTask {
  return partitionTask({
    topicId: 'a'.repeat(32),
    leader: 1,
    keepsTransactions: false,
    isTiered: false,
    maxBatchBytes: 1_048_588,
    observation: {
      ...{ ...WHERE, logStartOffset: 0n, lastStableOffset: 100n, highWatermark: 100n },
      ...{ leaderEpoch: -1, observedAtMs: 1n },
    },
    archived: undefined,
    sharedEndOffset: null,
    lossReason: 'retention',
  })
}
