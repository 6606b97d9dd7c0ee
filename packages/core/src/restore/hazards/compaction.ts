import type { TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { advice } from './remedy.ts'

const REMEDIES = [
  advice('nothing, unless older values are wanted: then restore into a topic with cleanup.policy=delete'),
]

/** Warns that the target's cleaner will take older values of a key out of what was restored, as it did in the source. */
export function findCompaction(topic: TopicTarget): HazardFinding {
  const policies = (topic.settingOf('cleanup.policy') ?? '').split(',').map((policy) => policy.trim())
  if (!policies.includes('compact')) return NO_FINDING
  return {
    holds: [],
    hazards: [
      {
        code: 'KB_HAZARD_COMPACTION',
        blocks: false,
        message: `${topic.target} is compacted: its cleaner will remove older values of each key some time after the restore`,
        remedies: REMEDIES,
        details: { topic: topic.target },
      },
    ],
  }
}
