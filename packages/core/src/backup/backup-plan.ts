import type { LineageState } from '../archive/archive-state.ts'
import type { CommitReference } from '../archive/commit.ts'
import { groupBy } from '../collections/group-by.ts'
import type { RunWarning } from '../events/run-warning.ts'
import { jsonValue } from '../json/json-value.ts'
import type { BackupSettings } from './backup-options.ts'
import { planText } from './backup-plan-text.ts'
import type { OffsetsTopicOutcome } from './offsets-topic-outcome.ts'
import type { PartitionTask } from './partition-task.ts'
import type { SourceCut } from './source-cut.ts'
import { failureWarning, taskWarnings } from './source-warnings.ts'

/** What a run would do for one partition. */
export interface PartitionBackupPlan {
  readonly partition: number
  readonly lineage: number
  /** Why a lineage would begin; `null` where the archive's newest one goes on. */
  readonly starts: LineageState['reason'] | null
  /** The offsets `[fromOffset, stopOffset)` would be read, as the source stands. */
  readonly fromOffset: bigint
  readonly stopOffset: bigint
  /** How many offsets neither the source nor the archive has. */
  readonly lostOffsets: bigint
}

/** What a run would do for one topic. */
export interface TopicBackupPlan {
  readonly topic: string
  readonly topicId: string
  readonly partitions: readonly PartitionBackupPlan[]
  /** The most that it can be: markers, aborted and compacted offsets are counted too. */
  readonly records: number
  /** How many offsets of the source the archive has already. */
  readonly archivedOffsets: number
}

/** What a run would do, computed without writing anything. */
export interface BackupPlanFacts {
  readonly backupId: string
  /** What the store calls itself. */
  readonly storage: string
  /** The newest commit; `null` where a run would begin the archive. */
  readonly archive: CommitReference | null
  readonly topics: readonly TopicBackupPlan[]
  readonly groupCount: number
  readonly offsetsTopic: OffsetsTopicOutcome
  /** Over all topics, at most; `__consumer_offsets` is not counted. */
  readonly records: number
  readonly warnings: readonly RunWarning[]
}

/** A plan: data, with a table for people as its string form. */
export interface BackupPlan extends BackupPlanFacts {
  toString(): string
  toJSON(): object
}

/** Makes a plan from a cut of the source. */
export function makeBackupPlan(settings: BackupSettings, cut: SourceCut, archive: CommitReference | null): BackupPlan {
  const tasks = groupBy(cut.tasks, ({ topic }) => topic)
  const topics = cut.topics.map(({ description: { topic, topicId } }) =>
    topicPlan(topic, topicId, tasks.get(topic) ?? []),
  )
  const facts: BackupPlanFacts = {
    backupId: settings.backupId,
    storage: settings.storage.name,
    archive,
    topics,
    groupCount: cut.capture?.groups.length ?? 0,
    offsetsTopic: cut.offsetsTopic,
    records: topics.reduce((sum, { records }) => sum + records, 0),
    warnings: [...cut.warnings, ...taskWarnings(cut.tasks), ...cut.failed.map(failureWarning)],
  }
  return { ...facts, toString: () => planText(facts), toJSON: () => jsonValue(facts) }
}

function topicPlan(topic: string, topicId: string, tasks: readonly PartitionTask[]): TopicBackupPlan {
  const partitions = tasks.map(partitionPlan)
  return {
    topic,
    topicId,
    partitions,
    records: partitions.reduce((sum, { fromOffset, stopOffset }) => sum + Number(stopOffset - fromOffset), 0),
    archivedOffsets: tasks.reduce(
      (sum, { fromOffset, observation }) => sum + Number(fromOffset - observation.logStartOffset),
      0,
    ),
  }
}

function partitionPlan({
  partition,
  lineage,
  starts,
  fromOffset,
  stopOffset,
  gap,
}: PartitionTask): PartitionBackupPlan {
  const lostOffsets = gap === null ? 0n : gap.nextOffset - gap.startOffset
  return { partition, lineage, starts, fromOffset, stopOffset, lostOffsets }
}
