import { mapConcurrently } from '../../memory/map-concurrently.ts'
import type { JournalEntry, JournaledStream, RestoredRun } from '../journal-entries.ts'
import type { ArchivePlace, KnownRestore } from '../restore-history.ts'
import { readJournal } from '../restore-journal.ts'

const READ_CONCURRENCY = 4
/** What brokers give where topics have no ids (KIP-516): it is the same for all topics of all clusters. */
const NO_TOPIC_ID = '0'.repeat(32)

/** Where a restore has appended records of a topic to that topic itself. */
export interface AppendedStream {
  readonly restore: KnownRestore
  readonly stream: JournaledStream
  /** In the order in which they were produced. */
  readonly runs: readonly RestoredRun[]
  /** Where the target ended when it was last journaled: what an unfinished restore has appended since is in no journal. */
  readonly journaledEnd: bigint
  /** Where the target ended before the first record; where it had been purged, all that is left stands from there on. */
  readonly targetStart: bigint
  /** Under which it was appended. */
  readonly producerId: bigint
}

/**
 * What restores have appended to the topics that its records had come from, the oldest restore first.
 *
 * What a transform made is no copy of anything, and what stood there before was not appended.
 *
 * @param topicIds of the topics that are asked for
 */
export async function readAppended(
  place: ArchivePlace,
  { history, topicIds }: { readonly history: readonly KnownRestore[]; readonly topicIds: ReadonlySet<string> },
  signal: AbortSignal | undefined,
): Promise<readonly AppendedStream[]> {
  const inPlace = history
    .filter(({ hasWritten, begin }) => hasWritten && begin.rules.transformVersion === null)
    .filter(({ begin }) => begin.streams.some((stream) => isInPlace(stream, begin.topics, topicIds)))
    .toReversed()
  const read = await mapConcurrently(inPlace, { concurrency: READ_CONCURRENCY, signal }, async (restore, task) => {
    const entries = await readJournal({ ...place, restoreId: restore.restoreId }, task.signal)
    return appendedBy(restore, entries, topicIds)
  })
  return read.flat()
}

type PreparedTopics = KnownRestore['begin']['topics']

function isInPlace(
  { source, target }: JournaledStream,
  topics: PreparedTopics,
  topicIds: ReadonlySet<string>,
): boolean {
  if (source.topic !== target.topic || source.topicId === NO_TOPIC_ID || !topicIds.has(source.topicId)) return false
  return topics.find(({ topic }) => topic === target.topic)?.topicId === source.topicId
}

function appendedBy(
  restore: KnownRestore,
  entries: readonly JournalEntry[],
  topicIds: ReadonlySet<string>,
): readonly AppendedStream[] {
  const { streams, topics } = restore.begin
  return streams.flatMap((stream, index) =>
    isInPlace(stream, topics, topicIds) ? [{ restore, stream, ...journaledOf(entries, index) }] : [],
  )
}

function journaledOf(entries: readonly JournalEntry[], index: number): Omit<AppendedStream, 'restore' | 'stream'> {
  const runs: RestoredRun[] = []
  let [targetStart, journaledEnd, producerId] = [0n, 0n, -1n]
  for (const entry of entries) {
    if (entry.type === 'prepared') {
      targetStart = entry.anchors[index]?.targetStartOffset ?? targetStart
      journaledEnd = targetStart
      producerId = entry.anchors[index]?.producer.producerId ?? producerId
    }
    if (entry.type !== 'checkpoint') continue
    for (const { startsOver, nextTargetOffset, ...checkpoint } of entry.streams) {
      if (checkpoint.stream !== index) continue
      if (startsOver) runs.splice(0)
      for (const run of checkpoint.runs) runs.push(run)
      journaledEnd = nextTargetOffset
    }
  }
  return { runs, targetStart, journaledEnd, producerId }
}
