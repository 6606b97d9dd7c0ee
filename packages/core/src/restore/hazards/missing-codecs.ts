import type { BatchCodec } from '../../batch/batch-codec.ts'
import { groupedCount } from '../../text/grouped-count.ts'
import { type ArchiveLook, lookThrough } from '../archive-look.ts'
import type { Hazard } from '../restore-plan.ts'
import type { TopicTarget } from '../topic-target.ts'
import { optionRemedies } from './remedy.ts'

/** Of stored bytes of one topic. */
const MAX_READ_BYTES = 64 * 1024 * 1024
const REMEDIES = optionRemedies('guards.codec', { recompress: 'compresses these batches anew, with gzip' })

/** Whether a target is to get batches in a codec that its brokers do not know; `lacking` is what the cluster says of itself. */
export async function findMissingCodecs(
  topic: TopicTarget,
  lacking: ReadonlySet<BatchCodec>,
  look: Omit<ArchiveLook, 'maxReadBytes'>,
): Promise<readonly Hazard[]> {
  if (lacking.size === 0) return []
  const found = new Set<BatchCodec>()
  let [records, bytes] = [0, 0]
  const end = await lookThrough(topic.streams, { ...look, maxReadBytes: MAX_READ_BYTES }, async ({ batch }) => {
    if (!lacking.has(batch.codec)) return false
    found.add(batch.codec)
    records += batch.recordCount
    bytes += batch.bytes.length
    return false
  })
  if (found.size === 0) return []
  const count = groupedCount(records)
  return [
    {
      code: 'KB_HAZARD_CODEC',
      blocks: true,
      message: `the brokers of the target do not know ${[...found].join(' and ')}: ${end === 'all' ? '' : 'at least '}${count} records for ${topic.target} are compressed so`,
      remedies: REMEDIES,
      details: { topic: topic.target, codecs: [...found], records, bytes, complete: end === 'all' },
    },
  ]
}
