import type { CallOptions, KafkaCluster } from '../../kafka/kafka-cluster.ts'
import type { Hazard } from '../restore-plan.ts'
import { advice } from './remedy.ts'

const SETTING = 'offsets.retention.minutes'
const MINUTES_A_DAY = 1_440
const SHOWN_GROUPS = 3
const REMEDIES = [
  advice('start the consumers before that'),
  advice(`raise ${SETTING} of the brokers`),
  advice('set the groups anew when their consumers are about to start (kbackup offset-reset execute)'),
]

/**
 * Warns that the target forgets positions of groups whose consumers are not started in time: a broker deletes those of a
 * group without members `offsets.retention.minutes` after they were committed (KIP-211).
 */
export async function findExpiringGroups(
  cluster: KafkaCluster,
  groups: readonly { readonly groupId: string }[],
  options: CallOptions,
): Promise<readonly Hazard[]> {
  if (groups.length === 0) return []
  const minutes = Number((await cluster.describeBrokerConfig(options)).get(SETTING))
  if (!Number.isSafeInteger(minutes)) return []
  const groupIds = groups.map(({ groupId }) => groupId)
  return [
    {
      code: 'KB_HAZARD_GROUP_EXPIRY',
      blocks: false,
      message: `the target forgets the positions of ${groupsText(groupIds)} ${timeText(minutes)} after they are set, unless consumers were started (${SETTING}=${minutes})`,
      remedies: REMEDIES,
      details: { groups: groupIds, minutes },
    },
  ]
}

function groupsText(groupIds: readonly string[]): string {
  const shown = groupIds.slice(0, SHOWN_GROUPS).join(', ')
  if (groupIds.length === 1) return `consumer group ${shown}`
  const more = groupIds.length > SHOWN_GROUPS ? `, …` : ''
  return `${groupIds.length} consumer groups (${shown}${more})`
}

function timeText(minutes: number): string {
  if (minutes % MINUTES_A_DAY !== 0) return `${minutes} minutes`
  const days = minutes / MINUTES_A_DAY
  return days === 1 ? '1 day' : `${days} days`
}
