import { timedId } from '../archive/timed-id.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { refusalCode } from '../kafka/forbidden.ts'
import type { ProducerIdentity } from '../kafka/kafka-data.ts'
import type { OffsetAnswer } from '../kafka/kafka-topics.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import { readEarlierRestores } from './earlier-restores.ts'
import { putBackHeld } from './held-settings.ts'
import type { JournalEntry, RestoredRun, TopicPreparation } from './journal-entries.ts'
import { journaledRules } from './journaled-rules.ts'
import { lostTopics } from './lost-topics.ts'
import { runsWithin } from './present-records/present-runs.ts'
import { presentRuns } from './present-records/restore-presence.ts'
import { producerNumbers } from './producer-numbers.ts'
import { claimRestore } from './restore-claim.ts'
import type { RestoreContext } from './restore-context.ts'
import { planBlocked } from './restore-failure.ts'
import { RestoreJournal, readJournal } from './restore-journal.ts'
import type { RestoreRunOptions } from './restore-run.ts'
import type { RestoreStream, StreamAnchor } from './restore-stream.ts'
import { streamName } from './stream-selection.ts'
import { holdSettings, type PreparationContext, prepareTopics } from './target-preparation.ts'
import { type LogBounds, logBoundsOf } from './target-scan.ts'
import { planTopics } from './topic-planning.ts'

const PRODUCER_ID_CONCURRENCY = 16
const NONCE_BYTES = 8
/** What a broker takes unless it was told otherwise. */
const DEFAULT_BATCH_LIMIT = 1_048_588

/** A restore whose target stands ready and whose journal says so. */
export interface BegunRestore {
  readonly journal: RestoreJournal
  /** What the journal held when this process came to it. */
  readonly entries: readonly JournalEntry[]
  readonly topics: readonly TopicPreparation[]
  readonly streams: readonly RestoreStream[]
  readonly anchors: readonly StreamAnchor[]
  /** Whether no process can have produced anything before. */
  readonly isFresh: boolean
  readonly startedAtMs: bigint
  readonly readLeaders: () => Promise<(target: TopicPartition) => number>
}

/** Begins a restore, or goes on with one, up to where its first record can be produced. */
export async function beginRestore(options: RestoreRunOptions): Promise<BegunRestore> {
  const begun = options.session.unfinished === null ? await beginNew(options) : await goOn(options)
  const prepared = begun.entries.find((entry) => entry.type === 'prepared')
  const anchors = await preparedAnchors(options, begun, prepared?.anchors).catch(async (error: unknown) => {
    if (KbackupError.is(error, 'KB_RESTORE_FENCED')) await putBackIfUndone(options, begun)
    throw error
  })
  return {
    ...begun,
    anchors,
    isFresh: prepared === undefined,
    readLeaders: () => readLeaders(options, begun.topics),
  }
}

async function preparedAnchors(
  options: RestoreRunOptions,
  begun: JournaledStart,
  anchors: readonly StreamAnchor[] | undefined,
): Promise<readonly StreamAnchor[]> {
  if (anchors === undefined) return prepareTarget(options, begun)
  await replaceLostTopics(options, begun)
  if (!isUndone(begun.entries)) return anchors
  await begun.journal.assertOwn(options.signal)
  await holdSettings(options, begun.topics)
  await begun.journal.assertOwn(options.signal)
  return anchors
}

async function replaceLostTopics(options: RestoreRunOptions, { journal }: JournaledStart): Promise<void> {
  const { session, planned, signal } = options
  const lost = session.unfinished === null ? [] : lostTopics(planned.topics, session.unfinished)
  if (lost.length === 0) return
  await journal.assertOwn(signal)
  await prepareTopics(preparationContext(options), lost)
}

/** Who was stopped right before it held settings, and wakes when they were put back, has held them once more. */
async function putBackIfUndone(options: RestoreRunOptions, { journal, topics }: JournaledStart): Promise<void> {
  const { store, request, signal } = options
  const { restoreId } = journal
  const entries = await readJournal({ store, backupId: request.backupId, restoreId }, signal)
  if (entries.at(-1)?.type === 'undone') await putBackHeld(options, topics)
}

/** Whether what the restore holds was put back since it was held. */
function isUndone(entries: readonly JournalEntry[]): boolean {
  return entries.some(({ type }) => type === 'undone')
}

type JournaledStart = Pick<BegunRestore, 'journal' | 'entries' | 'topics' | 'streams' | 'startedAtMs'>

async function beginNew(options: RestoreRunOptions): Promise<JournaledStart> {
  const { session, planned, environment, request, store, signal } = options
  const startedAtMs = BigInt(environment.nowMs())
  const newId = request.newRestoreId ?? timedId(startedAtMs, environment.nonce(NONCE_BYTES))
  const restoreId = await claimRestore(options, newId)
  const topics = planned.topics.map(({ preparation }) => preparation)
  const streams = planned.topics.flatMap((topic) => topic.streams)
  const journal = new RestoreJournal({ store, backupId: request.backupId, restoreId, environment }, 0)
  const offsetsOf = ({ topic, partition }: TopicPartition) => {
    const { startOffset = null, nextOffset = null } = request.selectionOf(topic, partition) ?? {}
    return { startOffset, nextOffset }
  }
  await journal.append(
    {
      type: 'begin',
      restoreId,
      identity: session.identity,
      targetBrokers: session.targetBrokers,
      startedAtMs,
      topics,
      streams: streams.map(({ source, target, filter }) => ({ source, target, filter, offsets: offsetsOf(source) })),
      rules: journaledRules(request),
    },
    signal,
  )
  return { journal, entries: [], topics, streams, startedAtMs }
}

async function goOn(options: RestoreRunOptions): Promise<JournaledStart> {
  const { session, environment, request, store, signal } = options
  const { unfinished } = session
  if (unfinished === null) throw new KbackupError('KB_INTERNAL', { message: 'there is no restore to go on with' })
  const { restoreId, begin, entries } = unfinished
  const journal = new RestoreJournal({ store, backupId: request.backupId, restoreId, environment }, entries.length)
  const resumedAtMs = BigInt(environment.nowMs())
  await journal.append({ type: 'resume', processNonce: environment.nonce(NONCE_BYTES), resumedAtMs }, signal)
  return {
    journal,
    entries,
    topics: begin.topics,
    streams: journaledStreams(options, begin),
    startedAtMs: begin.startedAtMs,
  }
}

/** The slices come from the archive, where they are the same at the same commit; everything else from the journal. */
export function journaledStreams(
  { session }: Pick<RestoreRunOptions, 'session'>,
  begin: Extract<JournalEntry, { readonly type: 'begin' }>,
): readonly RestoreStream[] {
  const selected = session.selected.flatMap(({ streams }) => streams)
  const byName = new Map(
    selected.map((stream) => [`${partitionName(stream.source)} ${partitionName(stream.target)}`, stream]),
  )
  return begin.streams.map(({ source, target, filter }) => {
    const stream = byName.get(`${partitionName(source)} ${partitionName(target)}`)
    if (stream !== undefined) return { ...stream, filter }
    throw new KbackupError('KB_RESTORE_MISMATCH', {
      message: `the journal of restore ${begin.restoreId} has a stream ${partitionName(source)} that is not selected`,
      hint: 'run it with the options that it was begun with, or begin a new one',
    })
  })
}

async function prepareTarget(options: RestoreRunOptions, start: JournaledStart): Promise<readonly StreamAnchor[]> {
  await start.journal.assertOwn(options.signal)
  await prepareTopics(preparationContext(options), start.topics)
  await assertSafeAsCreated(options)
  const anchors = await anchorStreams(options, start.streams)
  await start.journal.append({ type: 'prepared', anchors }, options.signal)
  return anchors
}

function preparationContext({ cluster, environment, signal, emit }: RestoreRunOptions): PreparationContext {
  const onCreated = ({ topic, partitionCount }: TopicPreparation) =>
    emit({ type: 'topic-create', topic, partitionCount })
  return { cluster, environment, signal, onCreated }
}

/** What brokers give a new topic is known only once it is there; and nobody may have written to it since the plan. */
async function assertSafeAsCreated(options: RestoreRunOptions): Promise<void> {
  const { session, cluster, request, environment, signal } = options
  const nowMs = BigInt(environment.nowMs())
  // What was to be deleted is deleted, and what came since is not: it is appended to.
  const existingTopics = request.existingTopics === 'fail' ? 'fail' : 'append'
  const readEarlier = async () => (existingTopics === 'fail' ? readEarlierRestores(session, options) : [])
  const asCreated = { ...request, existingTopics } as const
  const planning = { cluster, request: asCreated, hasProduced: false, nowMs, readEarlier, signal }
  const topics = await planTopics(session.selected, planning)
  const blockers = topics.flatMap(({ hazards }) => hazards.filter(({ blocks }) => blocks))
  if (blockers.length > 0) throw planBlocked({ blockers })
}

/** The end offsets are those before the first record; the producer ids are never asked for again. */
async function anchorStreams(
  options: RestoreRunOptions,
  streams: readonly RestoreStream[],
): Promise<readonly StreamAnchor[]> {
  const { cluster, signal } = options
  const targets = [...new Map(streams.map(({ target }) => [partitionName(target), target])).values()]
  const queries = targets.map((target) => ({ ...target, at: 'latest' as const }))
  const answers = await cluster.listOffsets(queries, { signal })
  const ends = new Map(targets.map((target, index) => [partitionName(target), endOf(target, answers[index])]))
  const producers = await allocateProducers(options, streams)
  const presentOf = await presentRecords(options, targets)
  return streams.flatMap((stream) => {
    const [producer, end] = [producers.get(partitionName(stream.source)), ends.get(partitionName(stream.target))]
    if (producer === undefined || end === undefined) return []
    return [{ producer, targetStartOffset: end, present: presentOf(stream) }]
  })
}

/** Of what the plan has found in the target, that which is still there: brokers may have deleted some of it meanwhile. */
async function presentRecords(
  { planned, cluster, signal }: RestoreRunOptions,
  targets: readonly TopicPartition[],
): Promise<(stream: RestoreStream) => readonly RestoredRun[]> {
  const found = presentRuns(planned.presence)
  if (found.size === 0) return () => []
  const bounds = new Map<string, LogBounds>()
  for (const target of targets) bounds.set(partitionName(target), await logBoundsOf(cluster, target, signal))
  return (stream) => {
    const log = bounds.get(partitionName(stream.target))
    return log === undefined ? [] : runsWithin(found.get(streamName(stream)) ?? [], log)
  }
}

/** By source partition. */
async function allocateProducers(
  { cluster, signal }: RestoreRunOptions,
  streams: readonly RestoreStream[],
): Promise<ReadonlyMap<string, ProducerIdentity>> {
  const numbers = producerNumbers(streams)
  const allocated = await mapConcurrently(
    new Set(numbers.values()),
    { concurrency: PRODUCER_ID_CONCURRENCY, signal },
    (_number, task) => cluster.allocateProducerId({ signal: task.signal }),
  )
  return new Map(
    [...numbers].flatMap(([source, number]) =>
      allocated.slice(number, number + 1).map((producer) => [source, producer]),
    ),
  )
}

function endOf(target: TopicPartition, end: OffsetAnswer | undefined): bigint {
  if (end !== undefined && end.error === undefined) return end.offset
  throw new KbackupError(refusalCode(end?.error), {
    message: `the end of target partition ${partitionName(target)} cannot be read: ${end?.error?.name ?? 'no answer'}`,
    hint: 'look at its leader, then run the same restore again; nothing was produced yet',
    retryable: end?.error?.retriable ?? false,
  })
}

async function readLeaders(
  { cluster, signal }: RestoreRunOptions,
  topics: readonly TopicPreparation[],
): Promise<(target: TopicPartition) => number> {
  const descriptions = await cluster.describeTopics(
    topics.map(({ topic }) => topic),
    { signal },
  )
  const leaders = new Map(
    descriptions.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, leader }) => [partitionName({ topic, partition }), leader] as const),
    ),
  )
  return (target) => leaders.get(partitionName(target)) ?? -1
}

type TopicFacts = Pick<RestoreContext, 'maxBatchBytesOf' | 'isCompacted'>

export async function readTopicFacts(
  { cluster, signal }: Pick<RestoreRunOptions, 'cluster' | 'signal'>,
  topics: readonly Pick<TopicPreparation, 'topic'>[],
): Promise<TopicFacts> {
  const names = topics.map(({ topic }) => topic)
  const configs = await cluster.describeTopicConfigs(names, { signal })
  const settingOf = (topic: string, name: string) => configs.get(topic)?.find((entry) => entry.name === name)?.value
  return {
    maxBatchBytesOf: (topic) => {
      const limit = Number(settingOf(topic, 'max.message.bytes'))
      return Number.isSafeInteger(limit) && limit > 0 ? limit : DEFAULT_BATCH_LIMIT
    },
    isCompacted: (topic) => settingOf(topic, 'cleanup.policy')?.includes('compact') ?? false,
  }
}
