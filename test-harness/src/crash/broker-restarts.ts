import type { TestBroker } from '../kafka/test-kafka.ts'

/**
 * Takes the brokers of a cluster away and brings them back, one at a time and each in its turn: in good order, so that
 * leaders and coordinators move at once, and by SIGKILL, so that nobody tells clients.
 */
export class BrokerRestarts implements AsyncDisposable {
  readonly counts = { stopped: 0, killed: 0 }
  readonly #brokers: readonly TestBroker[]
  readonly #every: number
  readonly #until: number
  #underWay: Promise<void> | undefined
  #failure: unknown

  /** @param kills of a series: how many go by between two restarts, and after how many there are no more */
  constructor(brokers: readonly TestBroker[], kills: { readonly every: number; readonly until: number }) {
    this.#brokers = brokers
    this.#every = kills.every
    this.#until = kills.until
  }

  /** Begins the next restart if it is due by the number of kills and none is under way; does not wait for it. */
  keepUp(kills: number): void {
    const begun = this.counts.stopped + this.counts.killed
    if (this.#underWay !== undefined || kills >= this.#until || kills < begun * this.#every) return
    this.#underWay = this.#restart(begun)
      .catch((error: unknown) => {
        this.#failure = error
      })
      .finally(() => {
        this.#underWay = undefined
      })
  }

  /** Resolves when all brokers serve again; rejects where one did not come back. */
  async settled(): Promise<void> {
    await this.#underWay
    if (this.#failure !== undefined) throw this.#failure
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#underWay
  }

  async #restart(index: number): Promise<void> {
    const broker = this.#brokers[index % this.#brokers.length]
    if (index % 2 === 0) {
      this.counts.stopped += 1
      await broker?.stop()
    } else {
      this.counts.killed += 1
      await broker?.kill('SIGKILL')
    }
    await broker?.restart()
  }
}
