import type { CallOptions, TopicConfigEntry, TopicDescription } from '@kbackup/core'
import type { Call } from '../cluster/call.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { knownError } from '../protocol/protocol-errors.ts'
import { describeConfigsCodec } from '../requests/describe-configs.ts'
import type { MetadataTopic } from '../requests/metadata.ts'
import { refusal } from './refusal.ts'

const CONFIGS_A_REQUEST = 500
const ABSENT: ReadonlySet<number> = new Set([
  ProtocolCode.unknownTopicOrPartition,
  ProtocolCode.invalidTopic,
  ProtocolCode.unknownTopicId,
])

export async function describeTopics(
  client: ClusterClient,
  topics: readonly string[] | 'all',
  options?: CallOptions,
): Promise<readonly TopicDescription[]> {
  const call = client.begin(options)
  if (topics.length === 0) return []
  const existing = await existingTopics(client, topics === 'all' ? 'all' : [...new Set(topics)], call)
  const refused = existing.find(({ errorCode }) => errorCode !== 0)
  if (refused) throw refusal(refused.errorCode, `topic ${refused.topic} cannot be described`)
  const byName = new Map(existing.map((topic) => [topic.topic, toDescription(topic)]))
  const order = topics === 'all' ? [...byName.keys()].sort() : topics
  return order.flatMap((topic) => byName.get(topic) ?? [])
}

/** The topics that exist, once their errors have passed or lasted too long. */
export async function existingTopics(
  client: ClusterClient,
  topics: readonly string[] | 'all',
  call: Call,
): Promise<readonly MetadataTopic[]> {
  for (;;) {
    const answer = await client.refresh(topics, call)
    const existing = answer.topics.filter(({ errorCode }) => !ABSENT.has(errorCode))
    const passing = existing.some(({ errorCode }) => errorCode !== 0 && knownError(errorCode).retriable)
    if (!passing || !(await call.budget.wait())) return existing
  }
}

export async function describeTopicConfigs(
  client: ClusterClient,
  topics: readonly string[],
  options?: CallOptions,
): Promise<ReadonlyMap<string, readonly TopicConfigEntry[]>> {
  const call = client.begin(options)
  const configs = new Map<string, readonly TopicConfigEntry[]>()
  for (let start = 0; start < topics.length; start += CONFIGS_A_REQUEST) {
    const some = topics.slice(start, start + CONFIGS_A_REQUEST)
    const answer = await client.sendToAny(describeConfigsCodec, some, call)
    for (const { topic, errorCode, entries } of answer.topics) {
      if (errorCode === 0) configs.set(topic, entries)
      else if (!isLeftOut(errorCode)) throw refusal(errorCode, `the configuration of topic ${topic} cannot be read`)
    }
  }
  return configs
}

function isLeftOut(errorCode: number): boolean {
  return ABSENT.has(errorCode) || errorCode === ProtocolCode.topicAuthorizationFailed
}

function toDescription({ topic, topicId, internal, partitions }: MetadataTopic): TopicDescription {
  const described = partitions.map(({ errorCode: _errorCode, ...partition }) => partition)
  return { topic, topicId, internal, partitions: described.sort((left, right) => left.partition - right.partition) }
}
