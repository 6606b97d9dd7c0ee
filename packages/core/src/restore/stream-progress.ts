import type { PackedBatch } from '../batch/stream-packer.ts'
import type { RestoredRun, StreamCheckpoint } from './journal-entries.ts'
import { appendRun, placeRuns } from './restored-runs.ts'

/** Where a stream stands: everything below these three is in the target. */
export interface StreamPosition {
  readonly ordinal: number
  readonly sourceOffset: bigint
  readonly targetOffset: bigint
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

  constructor(start: StreamPosition) {
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
      sourceOffset: nextSourceOffset(batch.sources, this.#position.sourceOffset),
      targetOffset: baseOffset + BigInt(batch.recordCount),
    })
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
    const { ordinal, sourceOffset, targetOffset } = this.#position
    const runs = this.#unsaved
    const startsOver = this.#startsOver
    this.#allSaved()
    return {
      stream,
      ackedOrdinals: ordinal,
      nextSourceOffset: sourceOffset,
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

function nextSourceOffset(sources: PackedBatch['sources'], otherwise: bigint): bigint {
  const last = sources.at(-1)
  return last === undefined ? otherwise : last.firstOffset + BigInt(last.count)
}
