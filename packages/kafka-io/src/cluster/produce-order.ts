import { partitionName, type TopicPartition } from '@kbackup/core'
import { Latch } from './latch.ts'

/**
 * One batch's place in the queue of its partition.
 *
 * A batch goes the fast way, behind its predecessor over the same connection without waiting for its answer, unless a
 * batch before it has to be sent again: then it goes the slow way, alone, when all before it are done.
 */
export interface ProduceTurn {
  /** Resolves when the batch before this one is on its way, or goes the slow way itself. */
  readonly mayBeSent: Promise<void>
  /** Resolves when all batches before this one are done. */
  readonly isFirst: Promise<void>
  /** Whether a batch before this one goes the slow way. */
  readonly isHeldUp: boolean
  /** Whether it was entered while a batch before it was not done. */
  readonly hasPredecessor: boolean
  /** This batch is on its way. */
  sent(): void
  /** This batch goes the slow way, and with it those behind it that are not on their way yet. */
  slow(): void
  /** This batch needs nothing any more; to be called in any case. */
  done(): void
}

/** Keeps the batches of each partition in the order in which they were given, however often some are sent again. */
export class ProduceOrder {
  readonly #last = new Map<string, Turn>()

  enter(partition: TopicPartition): ProduceTurn {
    const name = partitionName(partition)
    const turn = new Turn(this.#last.get(name))
    this.#last.set(name, turn)
    void turn.allDone.then(() => {
      if (this.#last.get(name) === turn) this.#last.delete(name)
    })
    return turn
  }
}

class Turn implements ProduceTurn {
  readonly mayBeSent: Promise<void>
  readonly isFirst: Promise<void>
  readonly hasPredecessor: boolean
  /** This one and all before it. */
  readonly allDone: Promise<void>
  readonly #onItsWay = new Latch()
  readonly #finished = new Latch()
  #before: Turn | undefined
  #isSlow = false

  constructor(before: Turn | undefined) {
    this.#before = before
    this.hasPredecessor = before !== undefined
    this.mayBeSent = before ? before.#onItsWay.promise : Promise.resolve()
    this.isFirst = before ? before.allDone : Promise.resolve()
    this.allDone = this.#whenAllDone()
  }

  get isHeldUp(): boolean {
    return this.#before !== undefined && (this.#before.#isSlow || this.#before.isHeldUp)
  }

  sent(): void {
    this.#onItsWay.open()
  }

  slow(): void {
    this.#isSlow = true
    this.#onItsWay.open()
  }

  done(): void {
    this.#onItsWay.open()
    this.#finished.open()
  }

  async #whenAllDone(): Promise<void> {
    await this.isFirst
    // Those before are let go, so that the queue does not grow backwards.
    this.#before = undefined
    await this.#finished.promise
  }
}
