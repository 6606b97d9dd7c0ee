import type { Environment } from '../archive/environment.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { isForbidden, refusalCode } from '../kafka/forbidden.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { TopicDescription, TopicResult } from '../kafka/kafka-topics.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { TopicPreparation } from './journal-entries.ts'
import { logBoundsOf } from './target-scan.ts'

const POLL_MS = 100
const MAX_POLLS = 300
/** Of one request, unless a single topic has more. */
const MAX_CREATED_PARTITIONS = 500
/** TOPIC_ALREADY_EXISTS and UNKNOWN_TOPIC_OR_PARTITION: what a killed process did before us. */
const TOPIC_ALREADY_EXISTS = 36
const UNKNOWN_TOPIC = 3

export interface PreparationContext {
  readonly cluster: KafkaCluster
  readonly environment: Environment
  readonly signal: AbortSignal
  /** Is told of topics once they were created. */
  readonly onCreated: (topic: TopicPreparation) => void
}

/**
 * Makes the target topics what they are to be before the first record.
 *
 * Everything here can be done twice: a process that was killed in the middle has produced nothing yet.
 */
export async function prepareTopics(
  context: PreparationContext,
  preparations: readonly TopicPreparation[],
): Promise<void> {
  const recreated = preparations.filter(({ action }) => action === 'recreate')
  await deleteTopics(context, recreated)
  await createTopics(
    context,
    preparations.filter(({ action }) => action === 'create' || action === 'recreate'),
  )
  await growTopics(
    context,
    preparations.filter(({ action }) => action === 'use' || action === 'purge'),
  )
  await awaitLeaders(context, preparations)
  for (const preparation of preparations) {
    if (preparation.action === 'purge') await purgeTopic(context, preparation)
  }
  await holdSettings(context, preparations)
}

async function deleteTopics(context: PreparationContext, topics: readonly TopicPreparation[]): Promise<void> {
  if (topics.length === 0) return
  const names = topics.map(({ topic }) => topic)
  const results = await context.cluster.deleteTopics(names, { signal: context.signal })
  assertDone(results, { tolerated: UNKNOWN_TOPIC, what: 'deleted' })
  await pollUntil(context, `the deletion of ${names.join(', ')}`, async () => {
    const left = await context.cluster.describeTopics(names, { signal: context.signal })
    return left.length === 0
  })
}

async function createTopics(
  { cluster, signal, onCreated }: PreparationContext,
  topics: readonly TopicPreparation[],
): Promise<void> {
  for (const portion of inPortions(topics)) {
    const results = await cluster.createTopics(
      portion.map(({ topic, partitionCount, replicationFactor, configs }) => ({
        topic,
        partitionCount,
        replicationFactor,
        configs,
      })),
      { signal },
    )
    const created = new Set(results.filter(({ error }) => error === undefined).map(({ topic }) => topic))
    for (const preparation of portion) if (created.has(preparation.topic)) onCreated(preparation)
    assertDone(results, { tolerated: TOPIC_ALREADY_EXISTS, what: 'created' })
  }
}

/** A controller refuses requests for too many partitions, and takes its time for each of them. */
function* inPortions(topics: readonly TopicPreparation[]): Generator<readonly TopicPreparation[], void, void> {
  let portion: TopicPreparation[] = []
  let partitions = 0
  for (const topic of topics) {
    if (portion.length > 0 && partitions + topic.partitionCount > MAX_CREATED_PARTITIONS) {
      yield portion
      portion = []
      partitions = 0
    }
    portion.push(topic)
    partitions += topic.partitionCount
  }
  if (portion.length > 0) yield portion
}

/** Adds the partitions that topics lack; a process that was killed may have done so before. */
async function growTopics({ cluster, signal }: PreparationContext, topics: readonly TopicPreparation[]): Promise<void> {
  if (topics.length === 0) return
  const found = await cluster.describeTopics(
    topics.map(({ topic }) => topic),
    { signal },
  )
  const counts = new Map(found.map(({ topic, partitions }) => [topic, partitions.length]))
  const lacking = topics.filter(({ topic, partitionCount }) => (counts.get(topic) ?? partitionCount) < partitionCount)
  if (lacking.length === 0) return
  const wanted = lacking.map(({ topic, partitionCount }) => ({ topic, partitionCount }))
  assertDone(await cluster.createPartitions(wanted, { signal }), { what: 'given more partitions' })
}

async function awaitLeaders(context: PreparationContext, topics: readonly TopicPreparation[]): Promise<void> {
  const names = topics.map(({ topic }) => topic)
  await pollUntil(context, `leaders for the partitions of ${names.join(', ')}`, async () => {
    const descriptions = await context.cluster.describeTopics(names, { signal: context.signal })
    return topics.every(({ topic, partitionCount }) => hasLeaders(descriptions, { topic, partitionCount }))
  })
}

function hasLeaders(
  descriptions: readonly TopicDescription[],
  { topic, partitionCount }: Pick<TopicPreparation, 'topic' | 'partitionCount'>,
): boolean {
  const found = descriptions.find((description) => description.topic === topic)
  const led = found?.partitions.filter(({ leader }) => leader >= 0) ?? []
  return led.length >= partitionCount
}

async function purgeTopic(
  { cluster, signal }: PreparationContext,
  { topic, partitionCount }: TopicPreparation,
): Promise<void> {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition }))
  const bounds = await Promise.all(partitions.map((partition) => logBoundsOf(cluster, partition, signal)))
  const answers = await cluster.deleteRecords(
    partitions.map((partition, index) => ({ ...partition, beforeOffset: bounds[index]?.endOffset ?? 0n })),
    { signal },
  )
  for (const { error, ...partition } of answers) {
    if (error !== undefined) throw refused(`records of ${partitionName(partition)} could not be deleted`, error)
  }
}

/** Changes what is held while the restore runs; can be done twice. */
export async function holdSettings(
  { cluster, signal }: Pick<PreparationContext, 'cluster' | 'signal'>,
  topics: readonly TopicPreparation[],
): Promise<void> {
  const changes = topics
    .filter(({ holds }) => holds.length > 0)
    .map(({ topic, holds }) => ({
      topic,
      configs: Object.fromEntries(holds.map(({ setting, heldValue }) => [setting, heldValue])),
    }))
  if (changes.length === 0) return
  assertDone(await cluster.alterTopicConfigs(changes, { signal }), { what: 'changed' })
}

/** Puts back the settings that were held for the time of the run, or until the release. */
export async function restoreSettings(
  { cluster, signal }: Pick<PreparationContext, 'cluster' | 'signal'>,
  topics: readonly TopicPreparation[],
  until: 'end' | 'release',
): Promise<readonly string[]> {
  const held = topics.map(({ topic, holds }) => ({ topic, holds: holds.filter((hold) => hold.until === until) }))
  return putBackSettings({ cluster, signal }, held)
}

/** Gives settings the value that they had before they were held. */
export async function putBackSettings(
  { cluster, signal }: Pick<PreparationContext, 'cluster' | 'signal'>,
  held: readonly Pick<TopicPreparation, 'topic' | 'holds'>[],
): Promise<readonly string[]> {
  const changes = held
    .filter(({ holds }) => holds.length > 0)
    .map(({ topic, holds }) => ({
      topic,
      configs: Object.fromEntries(holds.map(({ setting, previousValue }) => [setting, previousValue])),
    }))
  if (changes.length === 0) return []
  assertDone(await cluster.alterTopicConfigs(changes, { signal }), { tolerated: UNKNOWN_TOPIC, what: 'changed back' })
  return changes.map(({ topic }) => topic)
}

function assertDone(
  results: readonly TopicResult[],
  { tolerated, what }: { readonly tolerated?: number; readonly what: string },
): void {
  for (const { topic, error } of results) {
    if (error === undefined || error.code === tolerated) continue
    throw refused(`target topic ${topic} could not be ${what}`, error)
  }
}

function refused(message: string, error: ProtocolError): KbackupError {
  const reason = [error.name, error.message].filter(Boolean).join(': ')
  const remedy = isForbidden(error) ? 'grant the user of the restore the right to this' : 'mend what the broker says'
  return new KbackupError(refusalCode(error), {
    message: `${message}: ${reason}`,
    hint: `${remedy}, and run the same restore again; nothing was produced yet`,
    details: { reason },
  })
}

async function pollUntil(
  { environment, signal }: PreparationContext,
  what: string,
  isDone: () => Promise<boolean>,
): Promise<void> {
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    if (await isDone()) return
    await environment.sleep(POLL_MS, signal)
  }
  throw new KbackupError('KB_KAFKA_UNAVAILABLE', {
    message: `the target cluster did not come to ${what} within ${(MAX_POLLS * POLL_MS) / 1000} s`,
    hint: 'look at the brokers, then run the same restore again; nothing was produced yet',
  })
}
