import type { CallOptions } from '../kafka/kafka-cluster.ts'
import type { ByteBudget, ByteReservation } from '../memory/byte-budget.ts'

/**
 * A partition's claim on the memory for its sections: wide from the start where there is room, else narrow at first.
 *
 * Most of thousands of partitions hold so little that they never need more than a narrow one; they are read many at a time.
 * A partition that has more waits for a wide one before it reads on, and meanwhile holds no fetch response that another
 * one might need to go on.
 */
export class SectionClaim {
  readonly #budget: ByteBudget
  readonly #bytes: number
  #reservation: ByteReservation | undefined

  constructor(budget: ByteBudget, bytes: number) {
    this.#budget = budget
    this.#bytes = bytes
    this.#reservation = budget.tryAcquire(bytes)
  }

  get isWide(): boolean {
    return this.#reservation !== undefined
  }

  /** Widens at once where there is room; whether it is wide now. */
  tryWiden(): boolean {
    this.#reservation ??= this.#budget.tryAcquire(this.#bytes)
    return this.isWide
  }

  async widen(options: CallOptions): Promise<void> {
    this.#reservation ??= await this.#budget.acquire(this.#bytes, options)
  }

  release(): void {
    this.#reservation?.release()
    this.#reservation = undefined
  }
}
