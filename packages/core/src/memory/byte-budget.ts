import { KbackupError } from '../errors/kbackup-error.ts'
import { onAbort } from './on-abort.ts'

/** Bytes that were granted and are held until they are released. */
export interface ByteReservation {
  readonly bytes: number
  /** Gives back what is above `bytes`, once more is known; never takes more. */
  shrink(bytes: number): void
  /**
   * Counts what is really held, once it is known. More than was granted is counted at once, without waiting, since it is
   * there already; others then wait until the budget has recovered.
   */
  settle(bytes: number): void
  /** Gives everything back; a second call does nothing. */
  release(): void
}

interface Waiter {
  readonly bytes: number
  readonly grant: (reservation: ByteReservation) => void
}

/**
 * One limit for the bytes that many tasks hold in memory at once.
 *
 * Requests are granted in the order in which they came, so that a large one is not starved by small ones. A request
 * that is larger than the whole budget is granted when nothing else is held, and alone.
 */
export class ByteBudget {
  readonly maxBytes: number
  #usedBytes = 0
  #highestBytes = 0
  readonly #waiters: Waiter[] = []

  constructor(maxBytes: number) {
    if (!Number.isSafeInteger(maxBytes) || maxBytes <= 0) {
      throw new KbackupError('KB_CONFIG_INVALID', {
        message: `maxBytes of a budget is ${maxBytes}`,
        hint: 'give at least 1',
      })
    }
    this.maxBytes = maxBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** The most that was ever held at once. */
  get highestBytes(): number {
    return this.#highestBytes
  }

  /** Waits until `bytes` are free; an aborted signal takes the request back and rejects with its reason. */
  acquire(bytes: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<ByteReservation> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    const granted = this.tryAcquire(bytes)
    if (granted !== undefined) return Promise.resolve(granted)
    return this.#wait(bytes, signal)
  }

  /** The bytes if they are free now and nobody waits. */
  tryAcquire(bytes: number): ByteReservation | undefined {
    if (this.#waiters.length > 0 || !this.#fits(bytes)) return undefined
    return this.#reserve(bytes)
  }

  #wait(bytes: number, signal: AbortSignal | undefined): Promise<ByteReservation> {
    return new Promise((resolve, reject) => {
      const grant = (reservation: ByteReservation): void => {
        withdraw?.()
        resolve(reservation)
      }
      const waiter: Waiter = { bytes, grant }
      this.#waiters.push(waiter)
      const giveUp = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        reject(signal?.reason)
        this.#grantNext()
      }
      const withdraw = signal && onAbort(signal, giveUp)
    })
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.maxBytes
  }

  #reserve(granted: number): ByteReservation {
    this.#usedBytes += granted
    this.#highestBytes = Math.max(this.#highestBytes, this.#usedBytes)
    let bytes = granted
    const settle = (target: number) => {
      this.#usedBytes += target - bytes
      this.#highestBytes = Math.max(this.#highestBytes, this.#usedBytes)
      bytes = target
      this.#grantNext()
    }
    const shrink = (target: number) => {
      if (target < bytes) settle(target)
    }
    return {
      get bytes() {
        return bytes
      },
      shrink,
      settle,
      release: () => shrink(0),
    }
  }

  #grantNext(): void {
    for (let next = this.#waiters[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiters[0]) {
      this.#waiters.shift()
      next.grant(this.#reserve(next.bytes))
    }
  }
}
