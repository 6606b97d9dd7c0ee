import { groupedCount } from '../../text/grouped-count.ts'
import type { RestoreGuards } from '../restore-options.ts'
import { bigSetting, overrideOf, type TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { advice, optionRemedies } from './remedy.ts'
import { recordsOf } from './timestamp-type.ts'

const FOREVER = 0x7fff_ffff_ffff_ffffn
const REMEDIES = [
  ...optionRemedies('guards.compaction', { hold: 'makes the cleaner wait until the restore has ended' }),
  advice('restore into a topic with cleanup.policy=delete, where older values are wanted for good'),
]

/** Warns that the target's cleaner will take older values of a key out of what was restored, as it did in the source. */
export function findCompaction(topic: TopicTarget, guard: RestoreGuards['compaction']): HazardFinding {
  if (!isCompacted(topic)) return NO_FINDING
  if (guard === 'hold') return { hazards: [], holds: holdsOf(topic) }
  const records = recordsOf(topic)
  return {
    holds: [],
    hazards: [
      {
        code: 'KB_HAZARD_COMPACTION',
        blocks: false,
        message: `${topic.target} is compacted: its cleaner may remove older values of each key from ${groupedCount(records)} records, during the restore or after it`,
        remedies: REMEDIES,
        details: { topic: topic.target, records },
      },
    ],
  }
}

/** Whether the target keeps the newest value of each key only. */
export function isCompacted(topic: Pick<TopicTarget, 'settingOf'>): boolean {
  const policies = (topic.settingOf('cleanup.policy') ?? '').split(',').map((policy) => policy.trim())
  return policies.includes('compact')
}

/** Brokers take no greatest lag below the least one, so that both are held. */
function holdsOf(topic: TopicTarget): HazardFinding['holds'] {
  const held = (setting: string) =>
    ({ setting, heldValue: FOREVER.toString(), previousValue: overrideOf(topic, setting), until: 'end' }) as const
  const isBounded = (bigSetting(topic, 'max.compaction.lag.ms') ?? FOREVER) < FOREVER
  return [...(isBounded ? [held('max.compaction.lag.ms')] : []), held('min.compaction.lag.ms')]
}
