import type { CallOptions, NewTopic, TopicConfigChange, TopicResult } from '@kbackup/core'
import type { Call } from '../cluster/call.ts'
import type { ClusterClient } from '../cluster/cluster-client.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { protocolError } from '../protocol/protocol-errors.ts'
import type { RequestCodec } from '../protocol/request-codec.ts'
import { createPartitionsCodec } from '../requests/create-partitions.ts'
import { createTopicsCodec } from '../requests/create-topics.ts'
import { deleteTopicsCodec } from '../requests/delete-topics.ts'
import { incrementalAlterConfigsCodec } from '../requests/incremental-alter-configs.ts'
import type { MetadataTopic } from '../requests/metadata.ts'
import type { TopicOutcome, TopicOutcomes } from '../requests/topic-outcome.ts'
import { existingTopics } from './describe-topics.ts'
import { listOffsets } from './list-offsets.ts'

/** Errors under which a controller has changed nothing. */
const UNCHANGED: ReadonlySet<number> = new Set([ProtocolCode.notController, ProtocolCode.throttlingQuotaExceeded])
/** The change is made by then; only the brokers' own view of it may lag. */
const VISIBLE_WITHIN_MS = 5_000

type NamedTopic = { readonly topic: string }

export async function createTopics(client: ClusterClient, topics: readonly NewTopic[], options?: CallOptions) {
  const call = client.begin(options)
  const timeoutMs = client.requestTimeoutMs
  const send = (some: readonly NewTopic[]) => sendChange(client, createTopicsCodec, { topics: some, timeoutMs }, call)
  const results = await change(topics, send, call)
  await waitUntilServed(client, succeeded(topics, results), call)
  return results
}

export async function createPartitions(
  client: ClusterClient,
  topics: readonly (NamedTopic & { readonly partitionCount: number })[],
  options?: CallOptions,
) {
  const call = client.begin(options)
  const timeoutMs = client.requestTimeoutMs
  const results = await change(
    topics,
    (some) => sendChange(client, createPartitionsCodec, { topics: some, timeoutMs }, call),
    call,
  )
  await waitUntilServed(client, succeeded(topics, results), call)
  return results
}

export async function deleteTopics(client: ClusterClient, topics: readonly string[], options?: CallOptions) {
  const call = client.begin(options)
  const timeoutMs = client.requestTimeoutMs
  const named = topics.map((topic) => ({ topic }))
  const results = await change(
    named,
    (some) => sendChange(client, deleteTopicsCodec, { topics: some.map(({ topic }) => topic), timeoutMs }, call),
    call,
  )
  await waitUntilSeen(client, succeeded(named, results), call, (_topic, seen) => seen === undefined)
  return results
}

export function alterTopicConfigs(
  client: ClusterClient,
  changes: readonly TopicConfigChange[],
  options?: CallOptions,
): Promise<readonly TopicResult[]> {
  const call = client.begin(options)
  return change(changes, (some) => sendChange(client, incrementalAlterConfigsCodec, some, call), call)
}

async function sendChange<Request>(
  client: ClusterClient,
  codec: RequestCodec<Request, TopicOutcomes>,
  request: Request,
  call: Call,
): Promise<readonly TopicOutcome[]> {
  return (await client.sendToController(codec, request, call)).topics
}

/** Sends a change, and again what was not changed because the controller had moved or was sparing itself. */
async function change<Topic extends NamedTopic>(
  topics: readonly Topic[],
  send: (topics: readonly Topic[]) => Promise<readonly TopicOutcome[]>,
  call: Call,
): Promise<readonly TopicResult[]> {
  const outcomes = new Map<string, TopicOutcome>()
  let pending = topics
  while (pending.length > 0) {
    for (const outcome of await send(pending)) outcomes.set(outcome.topic, outcome)
    pending = pending.filter(({ topic }) => UNCHANGED.has(outcomes.get(topic)?.errorCode ?? 0))
    if (pending.length > 0 && !(await call.budget.wait())) break
  }
  return topics.map(({ topic }) => toResult(topic, outcomes.get(topic)))
}

function toResult(topic: string, outcome: TopicOutcome | undefined): TopicResult {
  const { errorCode, errorMessage } = outcome ?? { errorCode: ProtocolCode.unknownServerError, errorMessage: null }
  return errorCode === 0 ? { topic } : { topic, error: protocolError(errorCode, errorMessage) }
}

function succeeded<Topic>(topics: readonly Topic[], results: readonly TopicResult[]): readonly Topic[] {
  return topics.filter((_topic, index) => results[index]?.error === undefined)
}

/** A leader may be named before it knows of it: waits until each has answered for its partitions. */
async function waitUntilServed(
  client: ClusterClient,
  topics: readonly (NamedTopic & { readonly partitionCount: number })[],
  call: Call,
): Promise<void> {
  const seen = await waitUntilSeen(client, topics, call, (topic, known) => isLed(known, topic.partitionCount))
  const queries = seen.flatMap(({ topic, partitions }) => {
    return partitions.map(({ partition }) => ({ topic, partition, at: 'earliest' as const }))
  })
  await listOffsets(client, queries, { signal: call.signal })
}

/** Brokers learn of changes after the controller has answered: waits until the one that is asked next shows them. */
async function waitUntilSeen<Topic extends NamedTopic>(
  client: ClusterClient,
  topics: readonly Topic[],
  call: Call,
  isSeen: (topic: Topic, seen: MetadataTopic | undefined) => boolean,
): Promise<readonly MetadataTopic[]> {
  if (topics.length === 0) return []
  const limitMs = call.budget.elapsedMs + VISIBLE_WITHIN_MS
  const names = topics.map(({ topic }) => topic)
  for (;;) {
    const existing = await existingTopics(client, names, call)
    const byName = new Map(existing.map((topic) => [topic.topic, topic]))
    if (topics.every((topic) => isSeen(topic, byName.get(topic.topic)))) return existing
    if (!(await call.budget.wait(limitMs))) return existing
  }
}

/** A count of −1 takes the broker's default. */
function isLed(seen: MetadataTopic | undefined, partitionCount: number): boolean {
  const led = seen?.partitions.filter(({ leader }) => leader >= 0).length ?? 0
  return led >= Math.max(partitionCount, 1)
}
