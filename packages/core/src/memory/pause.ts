import { onAbort } from './on-abort.ts'

/** Timers that are longer end at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

/** Waits so many milliseconds, or 24 days; rejects with the signal's reason as soon as it is aborted. */
export async function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => {
        withdraw?.()
        resolve()
      },
      Math.min(delayMs, MAX_DELAY_MS),
    )
    const giveUp = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const withdraw = signal && onAbort(signal, giveUp)
  })
}
