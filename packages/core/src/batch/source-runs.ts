/** `count` source records with consecutive offsets from `firstOffset` on. */
export interface SourceRun {
  readonly firstOffset: bigint
  readonly count: number
  /** Set where the records are further ones that a transform made of the one record at `firstOffset`. */
  readonly isFurther?: true
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

  /** A further record of a source record, which takes a place in the target and stands for no offset of its own. */
  addFurther(offset: bigint): void {
    this.#close()
    const last = this.#runs.at(-1)
    if (last?.isFurther === true && last.firstOffset === offset) {
      this.#runs[this.#runs.length - 1] = { ...last, count: last.count + 1 }
    } else {
      this.#runs.push({ firstOffset: offset, count: 1, isFurther: true })
    }
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
