import type { RestoreGuards } from '../restore-options.ts'
import { numericSetting, overrideOf, type TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { optionRemedies } from './remedy.ts'

const SETTING = 'max.message.bytes'
const REMEDIES = optionRemedies('guards.messageSize', {
  hold: 'raises the limit while the restore runs',
  drop: 'leaves larger records out',
})

/**
 * Whether the archive holds batches larger than the target takes.
 *
 * Batches of several records are split, so what counts in the end is the largest record; that only reading would tell,
 * and so a topic counts as soon as one of its batches is too large; what a transform makes of them, nobody knows before.
 */
export function findMessageSize(topic: TopicTarget, guard: RestoreGuards['messageSize']): HazardFinding {
  const limit = numericSetting(topic, SETTING)
  if (limit === undefined) return NO_FINDING
  const isTransformed = topic.streams.some(({ transform }) => transform !== null)
  if (guard === 'drop' && isTransformed) return { ...NO_FINDING, dropAboveBytes: limit }
  const sections = topic.streams.flatMap(({ slices }) => slices).filter(({ entry }) => entry.largestBatchBytes > limit)
  if (sections.length === 0) return NO_FINDING
  const largest = sections.reduce((most, { entry }) => Math.max(most, entry.largestBatchBytes), 0)
  if (guard === 'drop') return { ...NO_FINDING, dropAboveBytes: limit }
  if (guard === 'hold') {
    const heldValue = String(largest)
    return {
      hazards: [],
      holds: [{ setting: SETTING, heldValue, previousValue: overrideOf(topic, SETTING), until: 'end' }],
    }
  }
  return {
    holds: [],
    hazards: [
      {
        code: 'KB_HAZARD_MESSAGE_SIZE',
        blocks: true,
        message: `${topic.target} takes batches of up to ${limit} bytes (${SETTING}); the archive has one of ${largest}`,
        remedies: REMEDIES,
        details: { topic: topic.target, limit, largest, sections: sections.length },
      },
    ],
  }
}
