import { groupedCount } from '../../text/grouped-count.ts'
import type { RestoreGuards } from '../restore-options.ts'
import type { RestoreStream } from '../restore-stream.ts'
import type { TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { advice, optionRemedies, type Remedy } from './remedy.ts'
import { recordsOf } from './timestamp-type.ts'

const REMEDIES: readonly Remedy[] = [
  { option: 'rename', value: null, text: 'restore under another name', isDestructive: false },
  ...optionRemedies('guards.partitions', {
    add: 'adds them to the topic; producers then send keys elsewhere than before',
  }),
  advice('map them to partitions that are there (partitionMapping), or repartition by key (repartition)'),
  { option: 'existingTopics', value: 'recreate', text: 'deletes the topic and makes it anew', isDestructive: true },
]

/** Whether an existing target topic lacks partitions that records are to go to. */
export function findMissingPartitions(topic: TopicTarget, guard: RestoreGuards['partitions']): HazardFinding {
  if (topic.existing === null || topic.action === 'recreate' || guard === 'add') return NO_FINDING
  const there = topic.existing.description.partitions.length
  const streams = topic.streams.filter(({ target }) => target.partition >= there)
  if (streams.length === 0) return NO_FINDING
  const missing = neededPartitions(streams) - there
  const records = recordsOf({ streams })
  return {
    holds: [],
    hazards: [
      {
        code: 'KB_HAZARD_PARTITIONS_MISSING',
        blocks: true,
        message: `target topic ${topic.target} has ${there} partitions; ${groupedCount(records)} records of ${missing} more would have no place`,
        remedies: REMEDIES,
        details: { topic: topic.target, partitions: there, missing, records },
      },
    ],
  }
}

/** The number of partitions that a target topic must have for its streams. */
export function neededPartitions(streams: readonly Pick<RestoreStream, 'target'>[]): number {
  return streams.reduce((most, { target }) => Math.max(most, target.partition + 1), 0)
}
