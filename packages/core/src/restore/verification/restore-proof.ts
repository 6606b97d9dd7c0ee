import { sumOf } from '../../collections/sum-of.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import { partitionName } from '../../kafka/topic-partition.ts'
import { mapConcurrently } from '../../memory/map-concurrently.ts'
import type { JournaledRules } from '../journal-entries.ts'
import { ReadCounters } from '../read-counters.ts'
import type { RestoreContext } from '../restore-context.ts'
import type { RestoreRequest } from '../restore-request.ts'
import { streamStart } from '../stream-progress.ts'
import type { ActiveStream } from '../stream-run.ts'
import { type ComparedRange, proveStream } from './proven-stream.ts'
import { awaitReadableEnds } from './readable-ends.ts'
import { type DifferenceCounts, type RecordDifference, totalDifferences } from './record-comparison.ts'
import { samplePositions } from './sample-positions.ts'
import type { StreamProof } from './stream-proof.ts'

/** How much of what was restored is read back from the target, and compared with the archive. */
export type ProofDepth = 'none' | 'sample' | 'full'

/** Up to here everything is read back, unless something else is asked for. */
const FULL_UP_TO_LOG_BYTES = 64 * 1024 * 1024
const SAMPLE_RECORDS = 1_000
const SAMPLES = 32
const LEAST_SAMPLES = 2
const SHOWN_STREAMS = 5

/** What was read back of a restore. */
export interface RestoreProof {
  readonly depth: ProofDepth
  /** Records that were read on both sides, and were equal. */
  readonly compared: number
  readonly streams: readonly StreamProof[]
}

export interface ProofOptions extends Pick<RestoreRequest, 'verify' | 'maxConcurrentPartitions'> {
  readonly context: RestoreContext
  readonly rules: Pick<JournaledRules, 'mayRemove' | 'mayOverwriteTimes'>
}

/** Reads back what stands in the target, and compares it with the archive, record by record and in order. */
export async function proveRestore(active: readonly ActiveStream[], options: ProofOptions): Promise<RestoreProof> {
  const depth = proofDepth(active, options)
  if (depth === 'none') return { depth, compared: 0, streams: [] }
  const written = active.filter(({ progress }) => progress.position.ordinal > 0)
  const samples = Math.max(LEAST_SAMPLES, Math.floor(SAMPLES / Math.max(1, written.length)))
  const { maxConcurrentPartitions: concurrency, context } = options
  await awaitReadableEnds(written, context)
  const streams = await mapConcurrently(written, { concurrency, signal: context.signal }, (stream, task) => {
    // What is read for the proof is not what the restore had to read.
    const proving = { ...context, counters: new ReadCounters(), signal: task.signal }
    return proveStream(stream, { context: proving, rules: options.rules, ranges: rangesOf(stream, depth, samples) })
  })
  return { depth, compared: sumOf(streams, ({ compared }) => compared), streams }
}

/** How much of these streams is read back, as far as nobody has said so. */
export function proofDepth(active: readonly ActiveStream[], { verify }: Pick<RestoreRequest, 'verify'>): ProofDepth {
  if (verify !== null) return verify
  const bytes = sumOf(active, ({ stream }) => sumOf(stream.slices, ({ entry }) => entry.logBytes))
  return bytes <= FULL_UP_TO_LOG_BYTES ? 'full' : 'sample'
}

function rangesOf(stream: ActiveStream, depth: 'sample' | 'full', samples: number): readonly ComparedRange[] {
  const all = stream.progress.position.ordinal
  if (depth === 'full' || all <= SAMPLE_RECORDS * samples) return [{ from: streamStart(stream), records: all }]
  return samplePositions(stream, { samples, records: SAMPLE_RECORDS }).map((from) => ({
    from,
    records: SAMPLE_RECORDS,
  }))
}

/** The partitions in which a record differs, is missing, or is there twice. */
export function differingStreams({ streams }: RestoreProof): readonly StreamProof[] {
  return streams.filter(({ difference }) => difference !== null)
}

const DIFFERENCES: Readonly<Record<RecordDifference['what'], string>> = {
  content: 'has another key, value or header',
  timestamp: 'has another timestamp',
  missing: 'is missing',
  doubled: 'stands there twice',
  surplus: 'is none of the archive',
}

/** `3 missing, 1 changed` */
function countsText(counts: DifferenceCounts): string {
  const named = (['missing', 'extra', 'changed'] as const).filter((kind) => counts[kind] > 0)
  return named.map((kind) => `${counts[kind].toLocaleString('en-US')} ${kind}`).join(', ')
}

/** Of one partition, where there are several. */
function ownCounts(stream: StreamProof, streams: readonly StreamProof[]): string {
  return streams.length === 1 ? '' : ` (${countsText(stream)})`
}

/** The error of a restore whose target differs; the report lies in the archive where it could be written. */
export function proofFailed(streams: readonly StreamProof[], reportKey: string | null): KbackupError {
  const all = totalDifferences(streams)
  const what = streams
    .slice(0, SHOWN_STREAMS)
    .map(
      (stream) => `${partitionName(stream.target)}: ${differenceText(stream.difference)}${ownCounts(stream, streams)}`,
    )
  const more = streams.length > what.length ? [`${streams.length - what.length} more partitions differ`] : []
  return new KbackupError('KB_RESTORE_UNVERIFIED', {
    message: `the target differs from the archive (${countsText(all)} of the records that were compared): ${[...what, ...more].join('; ')}`,
    hint: `somebody else writes there, or the target lost records: ${remedyText(all)}restore into a new topic, or make this one anew (existingTopics: 'recreate')${reportText(reportKey)}`,
    details: { partitions: streams.map(({ target }) => partitionName(target)), report: reportKey, ...all },
  })
}

function remedyText({ missing }: DifferenceCounts): string {
  return missing === 0 ? '' : "bring back what is missing with existingTopics: 'only-missing', "
}

function reportText(reportKey: string | null): string {
  return reportKey === null ? '' : `; the counts and digests of each partition are in ${reportKey} of the archive`
}

function differenceText(difference: RecordDifference | null): string {
  if (difference === null) return ''
  const { ordinal, targetOffset, what } = difference
  const where = targetOffset === null ? '' : ` at offset ${targetOffset}`
  return `record ${ordinal} of the restore${where} ${DIFFERENCES[what]}`
}
