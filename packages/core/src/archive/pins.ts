import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import type { CommitReference } from './commit.ts'
import type { Environment } from './environment.ts'

/** A reader's claim on a commit: nothing that the commit can see is deleted while it stands. */
export interface Pin {
  readonly id: string
  readonly commit: CommitReference
  /** For people: `restore 7f3a…`, `validate`. */
  readonly purpose: string
  readonly pinnedAtMs: bigint
}

export interface PinOptions extends BlobCallOptions {
  readonly commit: CommitReference
  readonly purpose: string
  readonly environment?: Environment | undefined
}

export interface HeldPin extends Pin {
  /** Removes the pin. */
  release(options?: BlobCallOptions): Promise<void>
}

export function pinCommit(store: BlobStore, backupId: string, options: PinOptions): Promise<HeldPin> {
  throw new KbackupError('KB_INTERNAL', { message: `not built yet ${store.name} ${backupId} ${options.purpose}` })
}

export function listPins(store: BlobStore, backupId: string, options: BlobCallOptions = {}): Promise<readonly Pin[]> {
  throw new KbackupError('KB_INTERNAL', { message: `not built yet ${store.name} ${backupId} ${options.signal}` })
}
