/** Lets fetches wait for something to be appended, for a bounded time. */
export class ChangeNotice {
  readonly #waiting = new Set<() => void>()

  /** Wakes everybody who waits. */
  notify(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  /** Resolves at the next change, or when the time is over; rejects with the reason of the signal. */
  wait(maxWaitMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        signal?.removeEventListener('abort', abort)
      }
      const wake = (): void => {
        end()
        resolve()
      }
      const abort = (): void => {
        end()
        reject(signal?.reason)
      }
      const timer = setTimeout(wake, maxWaitMs)
      this.#waiting.add(wake)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
}
