import { seededRandom } from '../../../testing/seeded-random.ts'

interface Waiting {
  readonly owner: string
  readonly go: () => void
}

/**
 * Lets concurrent tasks of a simulation go on one at a time, in an order drawn from a seed: the same seed, the same run.
 *
 * A task waits for its turn before each of its effects. A process that is stopped never gets another turn.
 */
export class Turns {
  readonly random: () => number
  #waiting: Waiting[] = []
  readonly #stopped = new Set<string>()

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** A whole number from 0 to below the bound. */
  below(bound: number): number {
    return Math.floor(this.random() * bound)
  }

  chance(share: number): boolean {
    return this.random() < share
  }

  wait(owner: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ owner, go: resolve })
    })
  }

  /** Kills a process: what it waits for never comes. */
  stop(owner: string): void {
    this.#stopped.add(owner)
    this.#waiting = this.#waiting.filter((waiting) => waiting.owner !== owner)
  }

  isStopped(owner: string): boolean {
    return this.#stopped.has(owner)
  }

  /** Gives turns until nobody waits; `afterEach` runs between them. */
  async run(afterEach: () => void): Promise<void> {
    for (;;) {
      await new Promise(setImmediate)
      const [next] = this.#waiting.splice(this.below(this.#waiting.length), 1)
      if (next === undefined) return
      if (!this.#stopped.has(next.owner)) next.go()
      afterEach()
    }
  }
}
