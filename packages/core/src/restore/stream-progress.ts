import type { SourceRun } from '../batch/source-runs.ts'
import type { PackedBatch } from '../batch/stream-packer.ts'
import type { RestoredRun, StreamCheckpoint } from './journal-entries.ts'
import { appendRun, placeRuns } from './restored-runs.ts'
import type { AnchoredStream } from './stream-producer.ts'

/** Where a stream stands: everything below these three is in the target. */
export interface StreamPosition {
  readonly ordinal: number
  readonly sourceOffset: bigint
  /** How many of the records that a transform made of the source record at `sourceOffset` are below, too. */
  readonly part: number
  readonly targetOffset: bigint
}

/** Where a stream begins. */
export function streamStart({ stream, anchor }: AnchoredStream): StreamPosition {
  return {
    ordinal: 0,
    sourceOffset: stream.slices[0]?.startOffset ?? 0n,
    part: 0,
    targetOffset: anchor.targetStartOffset,
  }
}

/** What is known to be restored of one stream. Memory grows with the holes in it, not with its records. */
export class StreamProgress {
  readonly #start: StreamPosition
  #position: StreamPosition
  #runs: RestoredRun[] = []
  #unsaved: RestoredRun[] = []
  #isChanged = false
  #isDone = false
  #startsOver = false
  readonly #isTransformed: boolean

  constructor(start: StreamPosition, { isTransformed }: { readonly isTransformed: boolean }) {
    this.#isTransformed = isTransformed
    this.#start = start
    this.#position = start
  }

  get position(): StreamPosition {
    return this.#position
  }

  get isDone(): boolean {
    return this.#isDone
  }

  /** In the order of the stream. */
  get runs(): readonly RestoredRun[] {
    return this.#runs
  }

  acknowledge(batch: Pick<PackedBatch, 'sources' | 'recordCount'>, baseOffset: bigint): void {
    this.#advance(placeRuns(batch.sources, baseOffset), {
      ordinal: this.#position.ordinal + batch.recordCount,
      ...this.placeBehind(batch.sources),
      targetOffset: baseOffset + BigInt(batch.recordCount),
    })
  }

  /** Where the source goes on behind the next records of the stream. */
  placeBehind(sources: readonly SourceRun[]): Pick<StreamPosition, 'sourceOffset' | 'part'> {
    if (this.#isTransformed) return placeAmongParts(sources, this.#position)
    const last = sources.at(-1)
    if (last === undefined) return { sourceOffset: this.#position.sourceOffset, part: 0 }
    return { sourceOffset: last.firstOffset + BigInt(last.count), part: 0 }
  }

  /** What another process, or a request whose answer was lost, has restored. */
  adopt(runs: readonly RestoredRun[], position: StreamPosition): void {
    this.#advance(runs, position)
  }

  /** Forgets everything: the target lost records that it had acknowledged. */
  startOver(): void {
    this.#runs = []
    this.#unsaved = []
    this.#position = this.#start
    this.#isDone = false
    this.#isChanged = true
    this.#startsOver = true
  }

  finish(): void {
    this.#isChanged ||= !this.#isDone
    this.#isDone = true
  }

  /** What the journal does not know yet; `undefined` where that is nothing. */
  takeCheckpoint(stream: number): StreamCheckpoint | undefined {
    if (!this.#isChanged) return undefined
    const { ordinal, sourceOffset, part, targetOffset } = this.#position
    const runs = this.#unsaved
    const startsOver = this.#startsOver
    this.#allSaved()
    return {
      stream,
      ackedOrdinals: ordinal,
      nextSourceOffset: sourceOffset,
      nextPart: part,
      nextTargetOffset: targetOffset,
      done: this.#isDone,
      startsOver,
      runs,
    }
  }

  /** Takes over what an earlier process wrote to the journal. */
  replay(checkpoint: StreamCheckpoint): void {
    if (checkpoint.startsOver) this.startOver()
    this.#advance(checkpoint.runs, {
      ordinal: checkpoint.ackedOrdinals,
      sourceOffset: checkpoint.nextSourceOffset,
      part: checkpoint.nextPart,
      targetOffset: checkpoint.nextTargetOffset,
    })
    this.#isDone = checkpoint.done
    this.#allSaved()
  }

  #allSaved(): void {
    this.#unsaved = []
    this.#isChanged = false
    this.#startsOver = false
  }

  #advance(runs: readonly RestoredRun[], position: StreamPosition): void {
    for (const run of runs) {
      appendRun(this.#runs, run)
      appendRun(this.#unsaved, run)
    }
    this.#position = position
    this.#isChanged = true
  }
}

/**
 * Of a stream that passes through a transform only the last record's offset is known to be begun: whether more comes of it,
 * the transform tells when it is applied anew.
 *
 * ```
 * sources   10, further of 10 ×2, 11      → offset 11, of which 1 is below
 *           further of 11 ×4              → offset 11, of which 5 are below
 * ```
 */
function placeAmongParts(
  sources: readonly SourceRun[],
  from: Pick<StreamPosition, 'sourceOffset' | 'part'>,
): Pick<StreamPosition, 'sourceOffset' | 'part'> {
  let { sourceOffset, part } = from
  for (const { firstOffset, count, isFurther } of sources) {
    if (isFurther === true) part = (sourceOffset === firstOffset ? part : 0) + count
    else part = 1
    sourceOffset = isFurther === true ? firstOffset : firstOffset + BigInt(count) - 1n
  }
  return { sourceOffset, part }
}
