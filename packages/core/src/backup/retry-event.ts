import type { BackupEvent } from '../events/run-event.ts'
import type { BlobRetry } from '../storage/retrying-blob-store.ts'

/** What is told of a call of the store that will be tried again. */
export function retryEvent({ operation, key, attempt, delayMs, error }: BlobRetry): BackupEvent {
  const { code, message } = error
  return { type: 'retry', operation: `${operation} of ${key}`, attempt, delayMs, code, message }
}
