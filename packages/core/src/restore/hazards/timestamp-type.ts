import { groupedCount } from '../../text/grouped-count.ts'
import type { RestoreGuards } from '../restore-options.ts'
import { overrideOf, type TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { optionRemedies } from './remedy.ts'

const SETTING = 'message.timestamp.type'
const REMEDIES = optionRemedies('guards.timestampType', {
  switch: 'makes the topic CreateTime while the restore runs',
  accept: 'lets the times be overwritten',
})

/** Whether the target would overwrite the times of the records with its own clock. */
export function findTimestampType(topic: TopicTarget, guard: RestoreGuards['timestampType']): HazardFinding {
  if (topic.settingOf(SETTING) !== 'LogAppendTime') return NO_FINDING
  if (guard === 'accept') return NO_FINDING
  if (guard === 'switch') {
    const previousValue = overrideOf(topic, SETTING)
    return { hazards: [], holds: [{ setting: SETTING, heldValue: 'CreateTime', previousValue, until: 'end' }] }
  }
  const records = recordsOf(topic)
  return {
    holds: [],
    hazards: [
      {
        code: 'KB_HAZARD_TIMESTAMP_TYPE',
        blocks: true,
        message: `${topic.target} has ${SETTING}=LogAppendTime: the times of ${groupedCount(records)} records would be overwritten`,
        remedies: REMEDIES,
        details: { topic: topic.target, records },
      },
    ],
  }
}

/** Whether the target stamps the records with its own clock, after what the guard does about it. */
export function overwritesTimes(topic: TopicTarget, { timestampType }: Pick<RestoreGuards, 'timestampType'>): boolean {
  return topic.settingOf(SETTING) === 'LogAppendTime' && timestampType !== 'switch'
}

/** The most records that a topic can be given, by its sections. */
export function recordsOf({ streams }: Pick<TopicTarget, 'streams'>): number {
  return streams.reduce((sum, { slices }) => sum + slices.reduce((part, { entry }) => part + entry.records, 0), 0)
}
