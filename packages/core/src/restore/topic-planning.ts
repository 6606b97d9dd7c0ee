import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import { findCompaction } from './hazards/compaction.ts'
import { findDeletedRecords } from './hazards/deleted-records.ts'
import { type EarlierRestore, findExistingRecords, mayMixRecords } from './hazards/existing-records.ts'
import type { HazardFinding } from './hazards/hazard-finding.ts'
import { findMessageSize } from './hazards/message-size.ts'
import { dropNullKeys } from './hazards/null-keys.ts'
import { findMissingPartitions, neededPartitions } from './hazards/partitions-missing.ts'
import { findReplication } from './hazards/replication.ts'
import { findRetention } from './hazards/retention.ts'
import { findTimestampRange } from './hazards/timestamp-range.ts'
import { findTimestampType, overwritesTimes } from './hazards/timestamp-type.ts'
import type { TopicPreparation } from './journal-entries.ts'
import type { Hazard } from './restore-plan.ts'
import type { RestoreRequest } from './restore-request.ts'
import type { RestoreStream } from './restore-stream.ts'
import type { SelectedTopic } from './stream-selection.ts'
import { readBrokerDefaults, readTargetTopics, type TargetTopic } from './target-topic.ts'
import { lowerEnd, raiseStart } from './time-window.ts'
import type { TopicTarget } from './topic-target.ts'

/** What is to be done for one topic, and what is dangerous about it. */
export interface PlannedTopic {
  readonly topic: TopicTarget
  readonly preparation: TopicPreparation
  /** As selected, with what the guards leave out. */
  readonly streams: readonly RestoreStream[]
  readonly hazards: readonly Hazard[]
}

export interface TopicPlanning {
  readonly cluster: KafkaCluster
  readonly request: RestoreRequest
  /** Whether the restore goes on, and may have produced records already. */
  readonly hasProduced: boolean
  readonly nowMs: bigint
  readonly signal: AbortSignal | undefined
  /** Restores that wrote to the target before; asked for only where there are records. */
  readonly readEarlier: () => Promise<readonly EarlierRestore[]>
}

/** Compares what is selected with what is in the target; reads only. */
export async function planTopics(
  selected: readonly SelectedTopic[],
  planning: TopicPlanning,
): Promise<readonly PlannedTopic[]> {
  const { cluster, signal } = planning
  const names = selected.map(({ target }) => target)
  const [existing, defaults, { brokers }] = await Promise.all([
    readTargetTopics(cluster, names, signal),
    readBrokerDefaults(cluster, signal),
    cluster.describeCluster({ signal }),
  ])
  const targets = selected.map((topic) =>
    topicTarget(topic, { existing: existing.get(topic.target) ?? null, defaults, planning }),
  )
  const { existingTopics } = planning.request
  const mayMix = targets.some((target) => mayMixRecords(target, { ...planning, existingTopics }))
  const earlier = mayMix ? await planning.readEarlier() : []
  return targets.map((target) => planTopic(target, { planning, earlier, brokerCount: brokers.length }))
}

interface TargetKnowledge {
  readonly existing: TargetTopic | null
  readonly defaults: ReadonlyMap<string, string>
  readonly planning: TopicPlanning
}

function topicTarget(
  { source, target, partitionCount, streams }: SelectedTopic,
  { existing, defaults, planning }: TargetKnowledge,
): TopicTarget {
  const action = actionFor(existing, planning.request)
  const staysAsItIs = existing !== null && action !== 'recreate'
  const settingOf = (name: string) =>
    staysAsItIs ? existing.settings.get(name) : (source.topic.configs[name] ?? defaults.get(name))
  return { source, target, partitionCount, existing, action, streams, settingOf }
}

function actionFor(existing: TargetTopic | null, { existingTopics }: RestoreRequest): TopicPreparation['action'] {
  if (existing === null) return 'create'
  return existingTopics === 'recreate' || existingTopics === 'purge' ? existingTopics : 'use'
}

interface PlanningFacts {
  readonly planning: TopicPlanning
  readonly earlier: readonly EarlierRestore[]
  readonly brokerCount: number
}

function planTopic(topic: TopicTarget, { planning, earlier, brokerCount }: PlanningFacts): PlannedTopic {
  const { request, hasProduced, nowMs } = planning
  const { guards, existingTopics } = request
  const replicationFactor = Math.min(request.replicationFactor ?? topic.source.topic.replicationFactor, brokerCount)
  const clock = { nowMs, overwritesTimes: overwritesTimes(topic, guards) }
  const findings = [
    findExistingRecords(topic, { existingTopics, hasProduced, earlier }),
    findDeletedRecords(topic, { hasProduced }),
    findMissingPartitions(topic, guards.partitions),
    findRetention(topic, { ...clock, guard: guards.retention }),
    findTimestampType(topic, guards.timestampType),
    findTimestampRange(topic, { ...clock, guard: guards.timestampRange }),
    findMessageSize(topic, guards.messageSize),
    findReplication(topic, replicationFactor),
    findCompaction(topic, guards.compaction),
    dropNullKeys(topic, guards.nullKey),
  ]
  return {
    topic,
    preparation: preparationOf(topic, { replicationFactor, findings }),
    streams: topic.streams.map((stream) => applyDrops(stream, findings)),
    hazards: findings.flatMap(({ hazards }) => hazards),
  }
}

function preparationOf(
  topic: TopicTarget,
  { replicationFactor, findings }: { readonly replicationFactor: number; readonly findings: readonly HazardFinding[] },
): TopicPreparation {
  const { source, target, action, existing, streams } = topic
  const partitionCount =
    action === 'use' || action === 'purge'
      ? Math.max(existing?.description.partitions.length ?? 0, neededPartitions(streams))
      : topic.partitionCount
  return {
    topic: target,
    topicId: action === 'use' || action === 'purge' ? (existing?.description.topicId ?? null) : null,
    action,
    partitionCount,
    replicationFactor,
    configs: configsFor(source.topic.configs, replicationFactor),
    holds: findings.flatMap(({ holds }) => holds),
  }
}

/** Lists of replicas name brokers of the source; and a topic with fewer replicas than must be in sync takes no record. */
function configsFor(
  archived: Readonly<Record<string, string>>,
  replicationFactor: number,
): Readonly<Record<string, string>> {
  const kept = Object.entries(archived).filter(([name, value]) => {
    if (name.endsWith('replication.throttled.replicas')) return false
    return name !== 'min.insync.replicas' || Number(value) <= replicationFactor
  })
  return Object.fromEntries(kept)
}

function applyDrops(stream: RestoreStream, findings: readonly HazardFinding[]): RestoreStream {
  let { window, dropAboveBytes, dropNullKeys } = stream.filter
  for (const finding of findings) {
    if (finding.dropBefore !== undefined) window = raiseStart(window, finding.dropBefore)
    if (finding.dropAfter !== undefined) window = lowerEnd(window, finding.dropAfter)
    if (finding.dropAboveBytes !== undefined) dropAboveBytes = finding.dropAboveBytes
    dropNullKeys ||= finding.dropNullKeys ?? false
  }
  return { ...stream, filter: { ...stream.filter, window, dropAboveBytes, dropNullKeys } }
}
