import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { MAX_READS } from '../storage/retry-policy.ts'

/** What sections are read from. */
export interface BlobReader extends Pick<BlobStore, 'get'> {
  /** Of a reader that holds what it has read: what it reads from. */
  readonly beneath?: Pick<BlobStore, 'get'> | undefined
}

/**
 * Reads bytes and holds them to what vouches for them; reads them again where they are damaged, past everything that holds
 * what was read before: a store that checks nothing may have changed them on the way, and that is no damage of the archive.
 */
export async function readSoundly<Value>(
  reader: BlobReader,
  read: (reader: BlobReader) => Promise<Value>,
): Promise<Value> {
  for (let reads = 1; ; reads += 1) {
    try {
      return await read(reads === 1 ? reader : (reader.beneath ?? reader))
    } catch (error) {
      if (reads >= MAX_READS || !isDamageOfBytes(error)) throw error
    }
  }
}

/** Damage whose cause the store named, such as an object that is missing, does not go away. */
function isDamageOfBytes(error: unknown): boolean {
  return KbackupError.is(error, 'KB_ARCHIVE_DAMAGED') && !KbackupError.is(error.cause)
}
