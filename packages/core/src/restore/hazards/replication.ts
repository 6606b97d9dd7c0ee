import type { TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { advice } from './remedy.ts'

const REMEDIES = [advice('add brokers'), advice('reassign partitions after the restore')]

/** Warns where a topic is created with fewer replicas than it had. */
export function findReplication(topic: TopicTarget, replicationFactor: number): HazardFinding {
  const isCreated = topic.action === 'create' || topic.action === 'recreate'
  const archived = topic.source.topic.replicationFactor
  if (!isCreated || replicationFactor >= archived) return NO_FINDING
  return {
    holds: [],
    hazards: [
      {
        code: 'KB_HAZARD_REPLICATION',
        blocks: false,
        message: `${topic.target} will have ${replicationFactor} replicas, its source had ${archived}`,
        remedies: REMEDIES,
        details: { topic: topic.target, replicas: replicationFactor, archived },
      },
    ],
  }
}
