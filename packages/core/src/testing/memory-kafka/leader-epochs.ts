/** The start of a leader epoch in a log. */
interface EpochStart {
  readonly epoch: number
  readonly startOffset: bigint
}

/** The leader epochs of one partition (KIP-101), as `LeaderEpochFileCache` of Kafka keeps them. */
export class LeaderEpochs {
  #starts: readonly EpochStart[] = [{ epoch: 0, startOffset: 0n }]

  /** The epoch in which the leader writes now. */
  get current(): number {
    return this.#starts.at(-1)?.epoch ?? 0
  }

  /** Begins the next epoch at the end of the log. */
  advance(endOffset: bigint): void {
    const epoch = this.current + 1
    this.#starts = [
      ...this.#starts.filter(({ startOffset }) => startOffset < endOffset),
      { epoch, startOffset: endOffset },
    ]
  }

  /** The epoch that an offset was written in. */
  epochOf(offset: bigint): number {
    return this.#starts.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? -1
  }

  /** The largest epoch not above the one asked for, and where it ended; −1 and −1 for epochs that are yet to come. */
  endOf(epoch: number, logEndOffset: bigint): { readonly leaderEpoch: number; readonly endOffset: bigint } {
    if (epoch === this.current) return { leaderEpoch: epoch, endOffset: logEndOffset }
    const higher = this.#starts.find((start) => start.epoch > epoch)
    if (epoch < 0 || higher === undefined) return { leaderEpoch: -1, endOffset: -1n }
    const floor = this.#starts.findLast((start) => start.epoch <= epoch)
    return { leaderEpoch: floor?.epoch ?? epoch, endOffset: higher.startOffset }
  }

  /** Forgets what ended below the start of the log; the epoch that reaches into it begins there. */
  trimStart(logStartOffset: bigint): void {
    const first = this.epochOf(logStartOffset)
    this.#starts = this.#starts
      .filter(({ epoch }) => epoch >= first)
      .map(({ epoch, startOffset }) => ({
        epoch,
        startOffset: startOffset < logStartOffset ? logStartOffset : startOffset,
      }))
  }
}
