import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import type { SectionEntry } from './commit.ts'
import type { BlockEntry, SectionIndex } from './section.ts'

/** Reads the index of a section with one range read, and holds it to the digest that the commit states. */
export function readSectionIndex(
  store: BlobStore,
  entry: SectionEntry,
  options: BlobCallOptions = {},
): Promise<SectionIndex> {
  throw new KbackupError('KB_INTERNAL', { message: `not built yet ${store.name} ${entry.key} ${options.signal}` })
}

/** Reads a run of adjacent blocks with one range read; the log bytes of each, its checksum checked before decompression. */
export function readBlocks(
  store: BlobStore,
  entry: SectionEntry,
  blocks: readonly BlockEntry[],
  options: BlobCallOptions = {},
): Promise<readonly Buffer[]> {
  throw new KbackupError('KB_INTERNAL', {
    message: `not built yet ${store.name} ${entry.key} ${blocks.length} ${options.signal}`,
  })
}
