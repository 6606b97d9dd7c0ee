import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import type { RestoreStream } from '../restore-stream.ts'
import { logBoundsOf, offsetAt } from '../target-scan.ts'
import { type ArchiveReading, archivedRecords } from './archived-records.ts'
import { OwnLog } from './own-log.ts'
import { PresentOffsets } from './present-offsets.ts'
import { RecordWalk } from './record-walk.ts'
import { standingRecords } from './standing-records.ts'
import { StandingSurvey } from './standing-survey.ts'
import { PresenceCount, type StreamPresence } from './stream-presence.ts'

/** What a target partition holds of the streams that go there. */
export interface TargetComparison {
  readonly target: TopicPartition
  readonly streams: readonly StreamPresence[]
  /** Records there that are none of the archive. */
  readonly others: number
  /** From where on the target cannot be compared, because a transaction is open there; `null` where all of it can. */
  readonly openFrom: bigint | null
}

export interface ComparedTarget {
  readonly target: TopicPartition
  readonly streams: readonly RestoreStream[]
  /** The one that was backed up from this very log, if any: its records are known by their offsets. */
  readonly ownStream: RestoreStream | undefined
}

export interface ComparisonOptions extends ArchiveReading {
  readonly cluster: KafkaCluster
  /** For what is known of the target at once. */
  readonly maxBytes: number
}

/**
 * Finds which records of its streams a target partition holds.
 *
 * - In the log that was backed up, the record at the same offset is the same one, if it is equal in all.
 * - Anywhere else one that is equal in key, value, headers and timestamp is; each record there stands for one of the archive.
 *   In place of the headers as they are, also those with the original offset and time behind them are equal.
 */
export async function compareTarget(compared: ComparedTarget, options: ComparisonOptions): Promise<TargetComparison> {
  const { target, streams } = compared
  const survey = new StandingSurvey({ target, streams, maxBytes: options.maxBytes })
  const { records, own, openFrom } = await surveyTarget(compared, survey, options)
  const found: StreamPresence[] = []
  for (const stream of ownFirst(compared)) {
    const known = stream === own?.stream ? own : undefined
    found.push(known !== undefined && survey.isEmpty ? known : await presenceOf(stream, { survey, known, options }))
  }
  const present = found.reduce((sum, stream) => sum + stream.present, 0)
  return { target, streams: found, others: Math.max(0, records - present), openFrom }
}

/** What a record is by its offset is surer than what it is by what it holds. */
function ownFirst({ streams, ownStream }: ComparedTarget): readonly RestoreStream[] {
  return ownStream === undefined ? streams : [ownStream, ...streams.filter((stream) => stream !== ownStream)]
}

interface SurveyedTarget {
  /** All that stand there. */
  readonly records: number
  /** What is known by the offsets. */
  readonly own: StreamPresence | undefined
  readonly openFrom: bigint | null
}

async function surveyTarget(
  { target, ownStream }: ComparedTarget,
  survey: StandingSurvey,
  options: ComparisonOptions,
): Promise<SurveyedTarget> {
  const { cluster, signal } = options
  const bounds = await logBoundsOf(cluster, target, signal)
  const stableOffset = await offsetAt(cluster, { ...target, at: 'last-stable' }, signal)
  const openFrom = stableOffset < bounds.endOffset ? stableOffset : null
  const own = ownStream === undefined ? undefined : new OwnLog(new RecordWalk(archivedRecords(ownStream, options)))
  let records = 0
  try {
    for await (const batch of standingRecords({ cluster, target, bounds }, signal)) {
      for (const cursor of batch) {
        records += 1
        if (own !== undefined && !own.isAt(cursor.offset)) await own.goTo(cursor.offset)
        if (own?.isSame(cursor) !== true) survey.add(cursor)
      }
    }
    if (own === undefined || ownStream === undefined) return { records, own: undefined, openFrom }
    return { records, own: (await own.finish()).of(ownStream), openFrom }
  } finally {
    await own?.close()
  }
}

interface PresenceSearch {
  readonly survey: StandingSurvey
  readonly known: StreamPresence | undefined
  readonly options: ComparisonOptions
}

async function presenceOf(stream: RestoreStream, { survey, known, options }: PresenceSearch): Promise<StreamPresence> {
  const count = new PresenceCount()
  const own = new PresentOffsets(known?.runs ?? [])
  for await (const batch of archivedRecords(stream, options)) {
    for (const cursor of batch) {
      const { offset } = cursor
      const place = own.has(offset) ? offset : survey.claim(cursor, stream.source)
      if (place !== undefined) count.isThere(offset, place)
      else count.isMissing({ isUndecided: survey.mayBeStamped(cursor, stream.source) })
    }
  }
  return count.of(stream)
}
