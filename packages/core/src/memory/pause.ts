import { onAbort } from './on-abort.ts'

/** Waits so many milliseconds; rejects with the signal's reason as soon as it is aborted. */
export async function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      withdraw?.()
      resolve()
    }, delayMs)
    const giveUp = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const withdraw = signal && onAbort(signal, giveUp)
  })
}
