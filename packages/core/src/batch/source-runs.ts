/** `count` source records with consecutive offsets from `firstOffset` on. */
export interface SourceRun {
  readonly firstOffset: bigint
  readonly count: number
}

/** Gathers ascending offsets into runs, one object for each run rather than for each record. */
export class SourceRunBuilder {
  #runs: SourceRun[] = []
  #firstOffset = 0n
  #count = 0

  add(offset: bigint): void {
    if (this.#count > 0 && offset !== this.#firstOffset + BigInt(this.#count)) this.#close()
    if (this.#count === 0) this.#firstOffset = offset
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
    if (this.#count > 0) this.#runs.push({ firstOffset: this.#firstOffset, count: this.#count })
    this.#count = 0
  }
}
