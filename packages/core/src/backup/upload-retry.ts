import type { Environment } from '../archive/environment.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BackupEvent } from '../events/run-event.ts'
import { isUnknownOutcome } from '../storage/blob-error.ts'

/** How often something is stored, under a new name each time, before its error ends the run. */
export const MAX_UPLOAD_TRIES = 5
const FIRST_RETRY_DELAY_MS = 250

/** Whether storing the same under another name may go well: also where a cleanup took away what was sent so far. */
export function isPassing(error: unknown): error is KbackupError {
  if (isUnknownOutcome(error) || KbackupError.is(error, 'KB_BLOB_EXISTS')) return true
  return KbackupError.is(error, 'KB_STORE_FAILED') && error.retryable
}

export interface UploadRetryContext {
  readonly environment: Environment
  readonly emit: (event: BackupEvent) => void
  readonly signal: AbortSignal
}

/** What went wrong with storing something, for the nth time. */
export interface FailedUpload {
  readonly operation: string
  readonly error: KbackupError
  readonly tries: number
}

export async function waitForRetry(
  { operation, error, tries }: FailedUpload,
  { environment, emit, signal }: UploadRetryContext,
): Promise<void> {
  const delayMs = FIRST_RETRY_DELAY_MS * 2 ** (tries - 1)
  emit({ type: 'retry', operation, attempt: tries, delayMs, code: error.code, message: error.message })
  await environment.sleep(delayMs, signal)
}
