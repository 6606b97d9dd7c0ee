import type { TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'

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
        remedy: 'add the partitions to the topic, existing_topics: recreate, or another name with topic_mapping',
        details: { topic: topic.target, partitions: there, missing: missing.length },
      },
    ],
  }
}
