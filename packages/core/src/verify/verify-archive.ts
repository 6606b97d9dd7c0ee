import type { CommitReference } from '../archive/commit.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'

/** How deep an archive is verified: that objects are there; that every byte is; that every record is. */
export type VerifyDepth = 'objects' | 'bytes' | 'records'

export type FindingKind = 'missing' | 'truncated' | 'damaged' | 'inconsistent' | 'stale' | 'unreferenced'

/** One thing that verification found; `damage` means that something cannot be restored or trusted. */
export interface Finding {
  readonly severity: 'damage' | 'notice'
  readonly kind: FindingKind
  readonly key: string
  readonly message: string
  /** The partitions whose data it touches. */
  readonly partitions: readonly TopicPartition[]
}

export interface VerifyOptions extends BlobCallOptions {
  readonly depth: VerifyDepth
  readonly onFinding?: ((finding: Finding) => void) | undefined
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined
  /** A commit that the archive must hold. */
  readonly expect?: CommitReference | undefined
}

export interface VerifyProgress {
  readonly objectsChecked: number
  readonly objectsTotal: number
  readonly bytesRead: number
}

export interface VerifyReport extends VerifyProgress {
  readonly depth: VerifyDepth
  readonly backupId: string
  readonly head: CommitReference | null
  readonly commits: number
  readonly sections: number
  /** Counted in the batches at depth `records`; as the commits state them otherwise. */
  readonly records: number
  readonly findings: readonly Finding[]
  /** Whether no finding is damage. */
  readonly ok: boolean
}

/** Verifies an archive; damage is in the report, never thrown. */
export function verifyArchive(store: BlobStore, backupId: string, options: VerifyOptions): Promise<VerifyReport> {
  throw new KbackupError('KB_INTERNAL', { message: `not built yet ${store.name} ${backupId} ${options.depth}` })
}
