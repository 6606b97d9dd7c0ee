import { setImmediate as idle } from 'node:timers/promises'
import { seededRandom } from '../../../testing/seeded-random.ts'

interface Waiting {
  readonly owner: string
  readonly go: () => void
}

/**
 * Lets concurrent tasks of a simulation go on one at a time, in an order drawn from a seed: the same seed, the same run.
 *
 * A task waits for its turn before each of its effects. A process that is killed never gets another turn; one that is
 * stalled gets none for a while.
 */
export class Turns {
  readonly random: () => number
  #waiting: Waiting[] = []
  readonly #killed = new Set<string>()
  readonly #stalledUntil = new Map<string, number>()
  #taken = 0

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** How many turns there have been. */
  get taken(): number {
    return this.#taken
  }

  /** A whole number from 0 to below the bound. */
  below(bound: number): number {
    return Math.floor(this.random() * bound)
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)]
  }

  wait(owner: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ owner, go: resolve })
    })
  }

  async waitFor(owner: string, turns: number): Promise<void> {
    const until = this.#taken + turns
    while (this.#taken < until) await this.wait(owner)
  }

  /** Kills a process: what it waits for never comes. */
  kill(owner: string): void {
    this.#killed.add(owner)
    this.#waiting = this.#waiting.filter((waiting) => waiting.owner !== owner)
  }

  isKilled(owner: string): boolean {
    return this.#killed.has(owner)
  }

  /** Holds a process up for so many turns, or until all others are done. */
  stall(owner: string, turns: number): void {
    this.#stalledUntil.set(owner, this.#taken + turns)
  }

  /** Gives turns until nobody waits; `false` where that does not come about within so many. */
  async run(limit: number): Promise<boolean> {
    await idle()
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (this.#taken++ >= limit) return false
      next.go()
      // All that the turn sets off without waiting for another one is done before the next.
      await idle()
    }
    return true
  }

  #next(): Waiting | undefined {
    const awake = this.#waiting.filter(({ owner }) => (this.#stalledUntil.get(owner) ?? 0) <= this.#taken)
    const next = this.pick(awake.length > 0 ? awake : this.#waiting)
    if (next !== undefined) this.#waiting.splice(this.#waiting.indexOf(next), 1)
    return next
  }
}
