import { groupedCount } from '../../text/grouped-count.ts'
import { offsetSpan, type TargetTopic } from '../target-topic.ts'
import type { TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { advice } from './remedy.ts'

/**
 * Warns of records that are deleted before the first one is restored, and of how many of them the archive does not have:
 * those behind its end, where the topic is the one that was archived.
 */
export function findDeletedRecords(
  topic: TopicTarget,
  { hasProduced }: { readonly hasProduced: boolean },
): HazardFinding {
  const { action, existing, target } = topic
  if (existing === null || hasProduced || (action !== 'purge' && action !== 'recreate')) return NO_FINDING
  const records = offsetSpan(existing)
  if (records === 0n) return NO_FINDING
  const newer = recordsBehindArchive(topic, existing)
  const message = `${action} deletes up to ${groupedCount(records)} records of ${target}`
  return {
    holds: [],
    hazards: [
      {
        code: 'KB_HAZARD_TARGET_HAS_RECORDS',
        blocks: false,
        message:
          newer === 0n ? message : `${message}, ${groupedCount(newer)} of which came after what is archived of it`,
        remedies: newer === 0n ? [] : [advice('back the topic up before, if these are wanted')],
        details: { topic: target, records, newer },
      },
    ],
  }
}

function recordsBehindArchive(
  { source }: TopicTarget,
  { description, endOffsets, logStartOffsets }: TargetTopic,
): bigint {
  if (description.topicId !== source.topicId) return 0n
  const archivedUpTo = new Map(source.partitions.map(({ lineage, nextOffset }) => [lineage.partition, nextOffset]))
  return endOffsets.reduce((sum, end, partition) => {
    const start = highest(archivedUpTo.get(partition) ?? 0n, logStartOffsets[partition] ?? 0n)
    return end > start ? sum + end - start : sum
  }, 0n)
}

function highest(left: bigint, right: bigint): bigint {
  return left > right ? left : right
}
