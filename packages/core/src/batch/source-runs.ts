/** `count` source records with consecutive offsets from `startOffset` on. */
export interface SourceRun {
  readonly startOffset: bigint
  readonly count: number
}

/** Gathers ascending offsets into runs, one object for each run rather than for each record. */
export class SourceRunBuilder {
  #runs: SourceRun[] = []
  #startOffset = 0n
  #count = 0

  add(offset: bigint): void {
    if (this.#count > 0 && offset !== this.#startOffset + BigInt(this.#count)) this.#close()
    if (this.#count === 0) this.#startOffset = offset
    this.#count++
  }

  /** The runs so far; begins anew. */
  take(): readonly SourceRun[] {
    this.#close()
    const runs = this.#runs
    this.#runs = []
    return runs
  }

  #close(): void {
    if (this.#count > 0) this.#runs.push({ startOffset: this.#startOffset, count: this.#count })
    this.#count = 0
  }
}
