import type { BlobStore } from '../../storage/blob-store.ts'
import type { RetryingBlobStoreOptions } from '../../storage/retrying-blob-store.ts'
import type { PromiseCheck, PromiseGroup, StorageRole } from './storage-check-report.ts'
import type { TimedStore } from './timed-store.ts'

/** What a check is busy with: promises of a group, or something beside them. */
export type CheckStep = PromiseGroup | 'rights' | 'race' | 'speed' | 'place' | 'removal'

/** What the steps of a check work with. */
export interface CheckContext {
  /** Tries again what fails in passing. */
  readonly store: BlobStore
  /** The store itself, each call tried once, with its times and failures. */
  readonly timed: TimedStore
  readonly folder: string
  readonly role: StorageRole
  readonly rounds: number
  readonly retry: RetryingBlobStoreOptions & { readonly sleep: NonNullable<RetryingBlobStoreOptions['sleep']> }
  readonly signal: AbortSignal | undefined
  readonly onStep: ((step: CheckStep) => void) | undefined
  readonly onPromise: ((check: PromiseCheck) => void) | undefined
}
