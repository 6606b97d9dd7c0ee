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
import { PairedDigest } from './paired-digest.ts'
import { awaitReadableEnds } from './readable-ends.ts'
import type { ComparedRecords, RecordDifference } from './record-comparison.ts'
import { samplePositions } from './sample-positions.ts'
import { type ProofScope, proveStream, type StreamProof } from './stream-proof.ts'

/** How much of what was restored is read back from the target, and compared with the archive. */
export type ProofDepth = 'none' | 'sample' | 'full'

/** Up to here everything is read back, unless something else is asked for. */
const FULL_UP_TO_LOG_BYTES = 64 * 1024 * 1024
const SAMPLE_RECORDS = 1_000
const SAMPLES = 32
const LEAST_SAMPLES = 2

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
  const depth = options.verify ?? depthFor(active)
  if (depth === 'none') return { depth, compared: 0, streams: [] }
  const written = active.filter(({ progress }) => progress.position.ordinal > 0)
  const samples = Math.max(LEAST_SAMPLES, Math.floor(SAMPLES / Math.max(1, written.length)))
  const { maxConcurrentPartitions: concurrency, context } = options
  await awaitReadableEnds(written, context)
  const streams = await mapConcurrently(written, { concurrency, signal: context.signal }, (stream, task) => {
    // What is read for the proof is not what the restore had to read.
    const proving = { ...context, counters: new ReadCounters(), signal: task.signal }
    return proofOf(stream, { context: proving, rules: options.rules, scopes: scopesOf(stream, depth, samples) })
  })
  return { depth, compared: sumOf(streams, ({ compared }) => compared), streams }
}

function depthFor(active: readonly ActiveStream[]): ProofDepth {
  const bytes = sumOf(active, ({ stream }) => sumOf(stream.slices, ({ entry }) => entry.logBytes))
  return bytes <= FULL_UP_TO_LOG_BYTES ? 'full' : 'sample'
}

type Range = Pick<ProofScope, 'from' | 'records'>

function scopesOf(stream: ActiveStream, depth: 'sample' | 'full', samples: number): readonly Range[] {
  const all = stream.progress.position.ordinal
  if (depth === 'full' || all <= SAMPLE_RECORDS * samples) return [{ from: streamStart(stream), records: all }]
  return samplePositions(stream, { samples, records: SAMPLE_RECORDS }).map((from) => ({
    from,
    records: SAMPLE_RECORDS,
  }))
}

interface StreamProving extends Pick<ProofOptions, 'context' | 'rules'> {
  readonly scopes: readonly Range[]
}

async function proofOf(active: ActiveStream, { context, rules, scopes }: StreamProving): Promise<StreamProof> {
  const { stream, progress } = active
  const digests = new PairedDigest()
  const parts: ComparedRecords[] = []
  for (const range of scopes) {
    const scope = {
      ...range,
      nextOffset: progress.position.targetOffset,
      mayRemove: context.isCompacted(stream.target.topic) || rules.mayRemove,
      mayOverwriteTimes: rules.mayOverwriteTimes,
    }
    parts.push(await proveStream(context, active, scope, digests))
  }
  return {
    source: { topic: stream.source.topic, partition: stream.source.partition },
    target: stream.target,
    compared: sumOf(parts, ({ compared }) => compared),
    removedSince: sumOf(parts, ({ removedSince }) => removedSince),
    ...digests.finish(),
    difference: parts.find(({ difference }) => difference !== null)?.difference ?? null,
  }
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

/** The error of a restore whose target differs; the report lies in the archive where it could be written. */
export function proofFailed(streams: readonly StreamProof[], reportKey: string | null): KbackupError {
  const what = streams.map(({ target, difference }) => `${partitionName(target)}: ${differenceText(difference)}`)
  return new KbackupError('KB_RESTORE_UNVERIFIED', {
    message: `the target differs from the archive: ${what.join('; ')}`,
    hint: `somebody else writes there, or the target lost records: restore into a new topic, or make this one anew (existingTopics: 'recreate')${reportText(reportKey)}`,
    details: { partitions: streams.map(({ target }) => partitionName(target)), report: reportKey },
  })
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
