import type { SourceRun } from '../batch/source-runs.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { ActiveProducer } from '../kafka/kafka-data.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import { packedStream } from './packed-stream.ts'
import type { RestoreContext } from './restore-context.ts'
import { ordinalOfSequence } from './restore-stream.ts'
import { appendSourceRun, joinRuns } from './restored-runs.ts'
import { assertOnceAndWhole } from './scan-check.ts'
import type { AnchoredStream } from './stream-producer.ts'
import type { StreamProgress } from './stream-progress.ts'
import { logBoundsOf, type ScannedTarget, scanTarget } from './target-scan.ts'

/**
 * Brings the progress of a stream up to what stands in the target, whatever became of requests whose answer nobody heard.
 *
 * The target's leader knows the last sequence that our producer id wrote: with it, and the target's batch headers from
 * the last known place on, what is missing in the progress is found. Where the leader does not know the producer (it never
 * wrote, or the broker has forgotten it), or is behind what it had acknowledged (it lost records), all of the target is
 * searched from where the restore began; also where `isInDoubt`, because what the leader says does not come true.
 */
export async function locateStream(
  context: RestoreContext,
  anchored: AnchoredStream,
  { progress, isInDoubt }: { readonly progress: StreamProgress; readonly isInDoubt: boolean },
): Promise<void> {
  const acknowledged = progress.position.ordinal
  const next = await nextOrdinalAtLeader(context, anchored, acknowledged)
  if (next === acknowledged && !isInDoubt) return
  if (next === undefined || next < acknowledged || isInDoubt) progress.startOver()
  await adoptFromTarget(context, anchored, { progress, next })
}

/**
 * Whether the target still has what a stream that an earlier process finished had written, by the word of its leader; where
 * that has forgotten the producer, by the end of its log, which an election that lost records has moved back.
 */
export async function isStillThere(
  context: RestoreContext,
  anchored: AnchoredStream,
  progress: StreamProgress,
): Promise<boolean> {
  const { ordinal, targetOffset } = progress.position
  const next = await nextOrdinalAtLeader(context, anchored, ordinal)
  if (next !== undefined) return next === ordinal
  const { endOffset } = await logBoundsOf(context.cluster, anchored.stream.target, context.signal)
  return endOffset >= targetOffset
}

/** The ordinal that the leader expects next; `undefined` where it does not know our producer, or cannot be asked for it. */
async function nextOrdinalAtLeader(
  context: RestoreContext,
  anchored: AnchoredStream,
  near: number,
): Promise<number | undefined> {
  const producer = await activeProducer(context, anchored)
  if (producer === undefined || producer.lastSequence < 0) return undefined
  return ordinalOfSequence(producer.lastSequence, near) + 1
}

async function activeProducer(
  { cluster, signal }: RestoreContext,
  { stream, anchor }: AnchoredStream,
): Promise<ActiveProducer | undefined> {
  try {
    const [described] = await cluster.describeProducers([stream.target], { signal })
    if (described?.error?.retriable) throw leaderSilent(anchoredName(stream), described.error)
    return described?.producers.find(
      ({ producerId, producerEpoch }) =>
        producerId === anchor.producer.producerId && producerEpoch === anchor.producer.producerEpoch,
    )
  } catch (error) {
    if (KbackupError.is(error, 'KB_KAFKA_UNSUPPORTED')) return undefined
    throw error
  }
}

function leaderSilent(target: string, { name }: ProtocolError): KbackupError {
  return new KbackupError('KB_KAFKA_PROTOCOL', {
    message: `the leader of target ${target} does not say what stands there: ${name}`,
    hint: 'look at its brokers, then run the same restore again',
    retryable: true,
  })
}

interface Adoption {
  readonly progress: StreamProgress
  /** What the leader expects next, where it knows that. */
  readonly next: number | undefined
}

async function adoptFromTarget(
  context: RestoreContext,
  anchored: AnchoredStream,
  { progress, next }: Adoption,
): Promise<void> {
  const { ordinal, targetOffset } = progress.position
  const { target } = anchored.stream
  const scan = { target, producer: anchored.anchor.producer, fromOffset: targetOffset, nearOrdinal: ordinal }
  const found = await scanTarget(context.cluster, scan, context.signal)
  if (found.endOffset < targetOffset) {
    // The log ends below what it had acknowledged: it lost that, and what came since stands in its place.
    progress.startOver()
    return adoptFromTarget(context, anchored, { progress, next })
  }
  assertOnceAndWhole(found, { ...scan, mayHaveHoles: context.isCompacted(target.topic) })
  const reached = reachedBy(found, { fromOffset: targetOffset, next })
  if (reached === undefined || reached.ordinal <= ordinal) return
  const sources = await sourceRunsUpTo(context, anchored, { progress, reached: reached.ordinal })
  progress.adopt(joinRuns({ firstOrdinal: ordinal, runs: sources }, found.runs), {
    ordinal: reached.ordinal,
    ...progress.placeBehind(sources),
    targetOffset: reached.targetOffset,
  })
  context.onRestored({ records: reached.ordinal - ordinal, bytes: 0 })
}

/**
 * Up to where the target has the stream, by what was found; or by the word of the leader, where it has deleted all of
 * it since.
 */
function reachedBy(
  { runs, startOffset, endOffset }: ScannedTarget,
  { fromOffset, next }: { readonly fromOffset: bigint; readonly next: number | undefined },
): { readonly ordinal: number; readonly targetOffset: bigint } | undefined {
  const last = runs.at(-1)
  if (last !== undefined) {
    return { ordinal: last.firstOrdinal + last.count, targetOffset: last.targetFirst + BigInt(last.count) }
  }
  const isDeleted = startOffset > fromOffset && startOffset === endOffset
  return isDeleted && next !== undefined ? { ordinal: next, targetOffset: endOffset } : undefined
}

interface Missing {
  readonly progress: StreamProgress
  readonly reached: number
}

/** The source offsets of the records from the progress to an ordinal: the same that the earlier process produced. */
async function sourceRunsUpTo(
  context: RestoreContext,
  anchored: AnchoredStream,
  { progress, reached }: Missing,
): Promise<readonly SourceRun[]> {
  const runs: SourceRun[] = []
  let missing = reached - progress.position.ordinal
  for await (const { sources, lease } of packedStream(context, anchored, progress.position)) {
    lease.release()
    for (const run of sources) {
      const taken = Math.min(run.count, missing)
      if (taken > 0) appendSourceRun(runs, { ...run, count: taken })
      missing -= taken
    }
    if (missing === 0) return runs
  }
  throw new KbackupError('KB_INTERNAL', {
    message: `the target ${anchoredName(anchored.stream)} holds more records of this restore than it has`,
    details: { topic: anchored.stream.target.topic, partition: anchored.stream.target.partition, excess: missing },
  })
}

function anchoredName({ target }: AnchoredStream['stream']): string {
  return partitionName(target)
}
