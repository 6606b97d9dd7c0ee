import { groupedCount } from '../../text/grouped-count.ts'
import { type ArchiveLook, lookThrough } from '../archive-look.ts'
import type { RestoreGuards } from '../restore-options.ts'
import type { Hazard } from '../restore-plan.ts'
import { streamRecords } from '../stream-records.ts'
import type { TopicTarget } from '../topic-target.ts'
import { isCompacted } from './compaction.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { advice, optionRemedies } from './remedy.ts'

/** Of stored bytes of one topic. */
const MAX_READ_BYTES = 64 * 1024 * 1024
const REMEDIES = [
  ...optionRemedies('guards.nullKey', { drop: 'leaves these records out' }),
  advice('restore into a topic with cleanup.policy=delete'),
]

/**
 * Whether a compacted target is to get records without a key, which brokers refuse.
 *
 * Only reading tells. A source that is compacted itself has taken none; where much would have to be read, nobody knows.
 */
export async function findNullKeys(
  topic: TopicTarget,
  look: Omit<ArchiveLook, 'maxReadBytes'>,
): Promise<readonly Hazard[]> {
  const wasCompacted = topic.source.topic.configs['cleanup.policy']?.includes('compact') ?? false
  if (wasCompacted || !isCompacted(topic)) return []
  let [records, bytes] = [0, 0]
  const end = await lookThrough(topic.streams, { ...look, maxReadBytes: MAX_READ_BYTES }, async (batch) => {
    for (const record of await streamRecords(batch, batch)) {
      if (!record.hasNullKey) continue
      records += 1
      bytes += record.bodyEnd - record.bodyStart
    }
    return false
  })
  if (records === 0 && end === 'all') return []
  return [nullKeys(topic.target, { records, bytes, isKnown: end === 'all' })]
}

/** Leaves out what a compacted target would not take, where the guard says so. */
export function dropNullKeys(topic: TopicTarget, guard: RestoreGuards['nullKey']): HazardFinding {
  return guard === 'drop' && isCompacted(topic) ? { ...NO_FINDING, dropNullKeys: true } : NO_FINDING
}

interface NullKeysFound {
  readonly records: number
  readonly bytes: number
  /** Whether all was looked at. */
  readonly isKnown: boolean
}

function nullKeys(topic: string, { records, bytes, isKnown }: NullKeysFound): Hazard {
  const count = groupedCount(records)
  const what = isKnown
    ? `${count} ${records === 1 ? 'record has' : 'records have'} none`
    : `${count} of those looked at have none, and finding all would mean to read much of the archive`
  return {
    code: 'KB_HAZARD_NULL_KEY',
    blocks: true,
    message: `${topic} is compacted and takes no record without a key: ${what}`,
    remedies: REMEDIES,
    details: { topic, records, bytes, complete: isKnown },
  }
}
