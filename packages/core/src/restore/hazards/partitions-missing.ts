import type { TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { advice, type Remedy } from './remedy.ts'

const REMEDIES: readonly Remedy[] = [
  { option: 'rename', value: null, text: 'restore under another name', isDestructive: false },
  advice('add the partitions to the topic'),
  { option: 'existingTopics', value: 'recreate', text: 'deletes the topic and makes it anew', isDestructive: true },
]

/** Whether an existing target topic lacks partitions that records are to go to. */
export function findMissingPartitions(topic: TopicTarget): HazardFinding {
  if (topic.existing === null || topic.action === 'recreate') return NO_FINDING
  const there = topic.existing.description.partitions.length
  const missing = topic.streams.filter(({ target }) => target.partition >= there)
  if (missing.length === 0) return NO_FINDING
  return {
    holds: [],
    hazards: [
      {
        code: 'KB_HAZARD_PARTITIONS_MISSING',
        blocks: true,
        message: `target topic ${topic.target} has ${there} partitions; records of ${missing.length} more would have no place`,
        remedies: REMEDIES,
        details: { topic: topic.target, partitions: there, missing: missing.length },
      },
    ],
  }
}
