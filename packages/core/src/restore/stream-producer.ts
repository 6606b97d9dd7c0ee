import { KbackupError } from '../errors/kbackup-error.ts'
import type { ProduceResult } from '../kafka/kafka-data.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import { isDamage } from './damaged-stream.ts'
import { type LeasedBatch, packedStream } from './packed-stream.ts'
import { outcomeOf } from './produce-outcome.ts'
import type { RestoreContext } from './restore-context.ts'
import type { RestoreStream, StreamAnchor } from './restore-stream.ts'
import type { StreamProgress } from './stream-progress.ts'

/** More than five unanswered batches, and a broker no longer recognises a repeated one. */
const MAX_BATCHES_IN_FLIGHT = 5

/** A stream with what the journal fixed for it. */
export interface AnchoredStream {
  readonly stream: RestoreStream
  readonly anchor: StreamAnchor
}

interface InFlight {
  readonly batch: LeasedBatch
  readonly answer: Promise<Answer>
}

type Answer = { readonly result: ProduceResult } | { readonly failure: unknown }

/**
 * Produces a stream from where its progress stands to its end.
 *
 * The first batch goes alone: a broker takes any sequence from a producer that it does not know, so that only an answer
 * to the first shows that the next ones are held to it. A failure ends the call, once all that is in flight has been
 * answered; whoever calls again first asks the target where the stream stands.
 */
export async function produceStream(
  context: RestoreContext,
  anchored: AnchoredStream,
  progress: StreamProgress,
): Promise<void> {
  const inFlight: InFlight[] = []
  let limit = 1
  try {
    for await (const batch of packedStream(context, anchored, progress.position)) {
      if (context.pace !== undefined) await context.pace(batch, context.signal)
      context.produced?.take(anchored.stream, batch)
      inFlight.push(send(context, anchored, batch))
      while (inFlight.length >= limit) {
        await acknowledgeFirst(context, inFlight, progress)
        limit = MAX_BATCHES_IN_FLIGHT
      }
    }
    while (inFlight.length > 0) await acknowledgeFirst(context, inFlight, progress)
    progress.finish()
  } catch (error) {
    if (isDamage(error)) await acknowledgeWhatStands(context, inFlight, progress)
    throw error
  } finally {
    await settle(inFlight)
  }
}

/**
 * The memory goes back with the answer, not when the stream comes to look at it: the stream may just then be waiting for
 * memory to read on.
 */
function send({ dispatcher }: RestoreContext, { stream }: AnchoredStream, batch: LeasedBatch): InFlight {
  const answered = dispatcher.send(stream.target, batch.bytes).finally(() => batch.lease.release())
  const answer = answered.then(
    (result) => ({ result }),
    (failure: unknown) => ({ failure }),
  )
  return { batch, answer }
}

async function acknowledgeFirst(
  context: RestoreContext,
  inFlight: InFlight[],
  progress: StreamProgress,
): Promise<void> {
  const [first] = inFlight
  if (first === undefined) return
  const answer = await first.answer
  if ('failure' in answer) throw answer.failure
  const outcome = outcomeOf(answer.result)
  if (outcome.kind !== 'stands') throw outcome.error
  inFlight.shift()
  if (outcome.baseOffset < progress.position.targetOffset) {
    progress.startOver()
    throw wentBack(answer.result)
  }
  progress.acknowledge(first.batch, outcome.baseOffset)
  context.onRestored({ records: first.batch.recordCount, bytes: first.batch.bytes.length })
}

/** Offsets never go back, unless an unclean election has lost what stood there. */
function wentBack({ topic, partition, baseOffset }: ProduceResult): KbackupError {
  return new KbackupError('KB_PRODUCE_REJECTED', {
    message: `target ${partitionName({ topic, partition })} appended at offset ${baseOffset}, below what it had acknowledged`,
    hint: 'it lost records in an unclean leader election: run the same restore again, which finds out what stands there',
    details: { topic, partition, baseOffset },
    retryable: true,
  })
}

/** The archive can be read no further: what was sent until then is counted, for whoever is told of it. */
async function acknowledgeWhatStands(
  context: RestoreContext,
  inFlight: InFlight[],
  progress: StreamProgress,
): Promise<void> {
  try {
    while (inFlight.length > 0) await acknowledgeFirst(context, inFlight, progress)
  } catch {
    // The next run asks the target; the damage is what this one ends with.
  }
}

/** Nothing may be in flight when the target is asked. */
async function settle(inFlight: readonly InFlight[]): Promise<void> {
  for (const { answer } of inFlight) await answer
}
