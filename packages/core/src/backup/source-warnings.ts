import type { Gap } from '../archive/commit.ts'
import type { RunWarning } from '../events/run-warning.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { PartitionTask } from './partition-task.ts'
import type { FailedPartition } from './partition-tasks.ts'

/** What a person should know of the tasks of a cut. */
export function taskWarnings(tasks: readonly PartitionTask[]): readonly RunWarning[] {
  return tasks.flatMap((task) => {
    if (task.gap !== null) return [gapWarning(task.gap)]
    if (task.starts === 'truncated') return [truncationWarning(task)]
    return task.starts === 'topic-recreated' ? [recreationWarning(task)] : []
  })
}

/** What a plan says of a partition that a run could not back up as it stands. */
export function failureWarning({ topic, partition, error }: FailedPartition): RunWarning {
  const { message, hint } = error
  return { code: 'KB_WARNING_PARTITION', message, hint, details: { topic, partition, code: error.code } }
}

/** The warning for offsets that neither the source nor the archive has. */
export function gapWarning(gap: Gap): RunWarning {
  const { topic, partition, startOffset, nextOffset, reason } = gap
  return {
    code: 'KB_WARNING_GAP',
    message: `offsets ${startOffset} to ${nextOffset - 1n} of ${partitionName(gap)} were gone before they were read (${reason})`,
    hint: 'back up more often than records expire, or raise retention.ms of the topic',
    details: { topic, partition, startOffset, nextOffset, reason },
  }
}

function truncationWarning(task: PartitionTask): RunWarning {
  const { topic, partition, lineage, expected, fromOffset } = task
  return {
    code: 'KB_WARNING_LOG_TRUNCATED',
    message: `the log of ${partitionName(task)} lost offsets that the archive holds up to ${expected.nextOffset}; lineage ${lineage} goes on from ${fromOffset}`,
    hint: 'look for an unclean leader election; the archive keeps both histories',
    details: { topic, partition, lineage, archivedOffset: expected.nextOffset, fromOffset },
  }
}

function recreationWarning(task: PartitionTask): RunWarning {
  const { topic, partition, lineage } = task
  return {
    code: 'KB_WARNING_TOPIC_RECREATED',
    message: `topic ${topic} was deleted and created again; ${partitionName(task)} begins lineage ${lineage}, the old one stays`,
    details: { topic, partition, lineage },
  }
}
