import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { TopicConfigEntry } from '../kafka/kafka-topics.ts'
import type { SettingHold, TopicPreparation } from './journal-entries.ts'
import { putBackSettings } from './target-preparation.ts'

/** What became of a setting that a restore had held at another value. */
export interface HeldSettingReport {
  readonly topic: string
  readonly setting: string
  readonly heldValue: string
  /** `null` is the absence of an override. */
  readonly previousValue: string | null
  /**
   * `put-back`: it has its old value; `changed-since`: somebody has given it another value, which stays; `topic-gone`: there
   * is no such topic any more.
   */
  readonly outcome: 'put-back' | 'changed-since' | 'topic-gone'
}

export interface PuttingBack {
  readonly cluster: KafkaCluster
  readonly signal: AbortSignal
}

/** Puts settings back that still have the value at which they were held; can be done twice. */
export async function putBackHeld(
  { cluster, signal }: PuttingBack,
  topics: readonly Pick<TopicPreparation, 'topic' | 'holds'>[],
): Promise<readonly HeldSettingReport[]> {
  const held = topics.filter(({ holds }) => holds.length > 0)
  if (held.length === 0) return []
  const names = held.map(({ topic }) => topic)
  const configs = await cluster.describeTopicConfigs(names, { signal })
  const reports = held.flatMap(({ topic, holds }) =>
    holds.map((hold) => ({ topic, ...valuesOf(hold), outcome: outcomeFor(hold, configs.get(topic)) })),
  )
  const changes = held.map(({ topic, holds }) => ({
    topic,
    holds: holds.filter((hold) => overrideIn(configs.get(topic), hold.setting) === hold.heldValue),
  }))
  await putBackSettings({ cluster, signal }, changes)
  return reports
}

function valuesOf({ setting, heldValue, previousValue }: SettingHold) {
  return { setting, heldValue, previousValue }
}

function outcomeFor(
  { setting, heldValue, previousValue }: SettingHold,
  entries: readonly TopicConfigEntry[] | undefined,
): HeldSettingReport['outcome'] {
  if (entries === undefined) return 'topic-gone'
  const now = overrideIn(entries, setting)
  return now === heldValue || now === previousValue ? 'put-back' : 'changed-since'
}

function overrideIn(entries: readonly TopicConfigEntry[] | undefined, setting: string): string | null {
  const entry = entries?.find(({ name }) => name === setting)
  return entry?.isOverride === true ? entry.value : null
}
