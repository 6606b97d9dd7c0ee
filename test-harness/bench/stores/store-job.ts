import type { StoreAddress } from '../../src/storage/store-address.ts'

/**
 * With kbackup's adapter, with nothing but the SDK of the service, or with a loop over its single requests that sends the MD5 of
 * each part, as the adapter does: the SDK of Azure has no checksum of what it uploads.
 */
export type StoreSide = 'kbackup' | 'bare' | 'bare-md5'

/** What a process is to move; it comes as JSON on its command line. */
export interface StoreJob {
  readonly address: StoreAddress
  readonly side: StoreSide
  readonly direction: 'upload' | 'download'
  /** Keys, and with them how many objects are on their way at once. */
  readonly keys: readonly string[]
  readonly objectBytes: number
}

/** A topic to back up into a store; it comes the same way. */
export interface StoreBackupJob {
  readonly address: StoreAddress
  readonly servers: readonly string[]
  readonly topic: string
  readonly backupId: string
}

/** As it comes from a section: blocks of this length. */
export const CHUNK_BYTES = 1024 * 1024
/** What both sides send, or ask for, at a time. */
export const PART_BYTES = 8 * 1024 * 1024
/** Of one object. */
export const PARTS_IN_FLIGHT = 4
/** Of all objects beside the first of each, as by default. */
export const SPARE_PARTS = 4

/** What moves an object, one way or the other. */
export interface ObjectMover {
  upload(key: string, chunks: AsyncIterable<Uint8Array>): Promise<void>
  /** A range, whose length it gives. */
  download(key: string, start: number, end: number): Promise<number>
}
