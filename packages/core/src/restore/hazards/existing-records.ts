import type { ExistingTopics } from '../restore-options.ts'
import { offsetSpan } from '../target-topic.ts'
import type { TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'

/** Whether the restore would mix its records with others. The records of a restore that goes on do not count. */
export function findExistingRecords(
  topic: TopicTarget,
  { existingTopics, hasProduced }: { readonly existingTopics: ExistingTopics; readonly hasProduced: boolean },
): HazardFinding {
  if (topic.existing === null || existingTopics !== 'fail' || hasProduced) return NO_FINDING
  const records = offsetSpan(topic.existing)
  if (records === 0n) return NO_FINDING
  return {
    holds: [],
    hazards: [
      {
        code: 'KB_HAZARD_TARGET_HAS_RECORDS',
        blocks: true,
        message: `target topic ${topic.target} holds ${records.toLocaleString('en-US')} records`,
        remedy: 'existing_topics: append | purge | recreate, or another name with topic_mapping',
        details: { topic: topic.target, records },
      },
    ],
  }
}
