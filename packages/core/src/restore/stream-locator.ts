import type { SourceRun } from '../batch/source-runs.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { ActiveProducer } from '../kafka/kafka-data.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import { packedStream } from './packed-stream.ts'
import type { RestoreContext } from './restore-context.ts'
import { ordinalOfSequence } from './restore-stream.ts'
import { joinRuns, type TargetRun } from './restored-runs.ts'
import type { AnchoredStream } from './stream-producer.ts'
import type { StreamProgress } from './stream-progress.ts'
import { scanTarget } from './target-scan.ts'

/**
 * Brings the progress of a stream up to what stands in the target, whatever became of requests whose answer nobody heard.
 *
 * The target's leader knows the last sequence that our producer id wrote: with it, and the target's batch headers from
 * the last known place on, what is missing in the progress is found. Where the leader does not know the producer (it never
 * wrote, or the broker has forgotten it), or is behind what it had acknowledged (it lost records), all of the target is
 * searched from where the restore began.
 */
export async function locateStream(
  context: RestoreContext,
  anchored: AnchoredStream,
  progress: StreamProgress,
): Promise<void> {
  const acknowledged = progress.position.ordinal
  const producer = await activeProducer(context, anchored)
  const next = producer === undefined ? undefined : ordinalOfSequence(producer.lastSequence, acknowledged) + 1
  if (next === acknowledged) return
  if (next === undefined || next < acknowledged) progress.startOver()
  await adoptFromTarget(context, anchored, progress)
}

async function activeProducer(
  { cluster, signal }: RestoreContext,
  { stream, anchor }: AnchoredStream,
): Promise<ActiveProducer | undefined> {
  try {
    const [described] = await cluster.describeProducers([stream.target], { signal })
    if (described?.error !== undefined) return undefined
    return described?.producers.find(
      ({ producerId, producerEpoch }) =>
        producerId === anchor.producer.producerId && producerEpoch === anchor.producer.producerEpoch,
    )
  } catch (error) {
    if (KbackupError.is(error, 'KB_KAFKA_UNSUPPORTED')) return undefined
    throw error
  }
}

async function adoptFromTarget(
  context: RestoreContext,
  anchored: AnchoredStream,
  progress: StreamProgress,
): Promise<void> {
  const { ordinal, targetOffset } = progress.position
  const { target } = anchored.stream
  const found = await scanTarget(
    context.cluster,
    { target, producer: anchored.anchor.producer, fromOffset: targetOffset, nearOrdinal: ordinal },
    context.signal,
  )
  const last = found.at(-1)
  if (last === undefined) return
  assertAscending(found, anchored)
  const next = last.firstOrdinal + last.count
  const sources = await sourceRunsBetween(context, anchored, { progress, next })
  const adopted = joinRuns({ firstOrdinal: ordinal, runs: sources }, found)
  const lastSource = sources.at(-1)
  progress.adopt(adopted, {
    ordinal: next,
    sourceOffset:
      lastSource === undefined ? progress.position.sourceOffset : lastSource.firstOffset + BigInt(lastSource.count),
    targetOffset: last.targetFirst + BigInt(last.count),
  })
  context.onRestored({ records: next - ordinal, bytes: 0 })
}

/** The source offsets of the records from the progress to an ordinal: the same that the earlier process produced. */
async function sourceRunsBetween(
  context: RestoreContext,
  anchored: AnchoredStream,
  { progress, next }: { readonly progress: StreamProgress; readonly next: number },
): Promise<readonly SourceRun[]> {
  const runs: SourceRun[] = []
  let missing = next - progress.position.ordinal
  for await (const { sources, lease } of packedStream(context, anchored, progress.position)) {
    lease.release()
    for (const { firstOffset, count } of sources) {
      const taken = Math.min(count, missing)
      if (taken > 0) runs.push({ firstOffset, count: taken })
      missing -= taken
    }
    if (missing === 0) return runs
  }
  throw new KbackupError('KB_INTERNAL', {
    message: `the target ${partitionName(anchored.stream.target)} holds more records of this restore than it has`,
    details: { topic: anchored.stream.target.topic, partition: anchored.stream.target.partition, excess: missing },
  })
}

function assertAscending(found: readonly TargetRun[], { stream }: AnchoredStream): void {
  for (const [index, run] of found.entries()) {
    const before = found[index - 1]
    if (before === undefined || before.firstOrdinal + before.count <= run.firstOrdinal) continue
    throw new KbackupError('KB_RESTORE_UNVERIFIED', {
      message:
        `target ${partitionName(stream.target)} holds records of this restore twice: ordinal ${run.firstOrdinal} ` +
        `stands again at offset ${run.targetFirst}`,
      hint: 'restore into a new topic; and please report this',
      details: { topic: stream.target.topic, partition: stream.target.partition },
    })
  }
}
