/** Memory that several tasks use; it is given back when the last of them has released it. */
export class BlockLease {
  readonly #giveBack: () => void
  #holders = 1

  constructor(giveBack: () => void) {
    this.#giveBack = giveBack
  }

  retain(): void {
    this.#holders += 1
  }

  release(): void {
    this.#holders -= 1
    if (this.#holders === 0) this.#giveBack()
  }
}
