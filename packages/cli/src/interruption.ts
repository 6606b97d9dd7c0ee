import { KbackupError } from '@kbackup/core'

const STOP_TIMEOUT_MS = 20_000

/** What interrupts a command, and how long it may then take. */
export interface InterruptionOptions {
  readonly signal: AbortSignal
  readonly stopTimeoutMs?: number | undefined
}

/** What becomes of a command that is interrupted: it ends soon, whatever it waits for, and says what stays. */
export class Interruption {
  readonly #signal: AbortSignal
  readonly #stopTimeoutMs: number
  #hint = (): string => 'run the same command again'

  constructor({ signal, stopTimeoutMs = STOP_TIMEOUT_MS }: InterruptionOptions) {
    this.#signal = signal
    this.#stopTimeoutMs = stopTimeoutMs
  }

  readonly onInterruption = (hint: () => string): void => {
    this.#hint = hint
  }

  /** Waits for a command; once it is interrupted, no longer than it may take to end in order. */
  async bound(command: Promise<unknown>): Promise<void> {
    let stopWaiting = (): void => undefined
    const overdue = new Promise<never>((_resolve, reject) => {
      const startClock = (): void => {
        const timer = setTimeout(() => reject(this.#overdue()), this.#stopTimeoutMs)
        stopWaiting = () => clearTimeout(timer)
      }
      if (this.#signal.aborted) return startClock()
      stopWaiting = () => this.#signal.removeEventListener('abort', startClock)
      this.#signal.addEventListener('abort', startClock, { once: true })
    })
    try {
      await Promise.race([command, overdue])
    } finally {
      stopWaiting()
      command.catch(() => undefined)
    }
  }

  /** The error to show: an interruption with what stays, any other as it is. */
  explain(error: unknown): unknown {
    if (!this.#signal.aborted || error !== this.#signal.reason) return error
    return this.#interrupted(this.#reasonText(), error)
  }

  #overdue(): KbackupError {
    const seconds = `${this.#stopTimeoutMs / 1000} seconds`
    return this.#interrupted(
      `${this.#reasonText()}, and was left after ${seconds}, waiting for a call that cannot be cancelled`,
      this.#signal.reason,
      '; a temporary file (#kbackup-…), a pin or a setting that the run held may be left',
    )
  }

  #interrupted(message: string, reason: unknown, leftovers = ''): KbackupError {
    const details = KbackupError.is(reason) ? reason.details : {}
    return new KbackupError('KB_INTERRUPTED', { message, hint: this.#hint() + leftovers, details, cause: reason })
  }

  #reasonText(): string {
    const { reason } = this.#signal
    return KbackupError.is(reason) ? reason.message : 'the run was interrupted'
  }
}
