import { layoutOf } from './binary-layout.ts'

/*
 *   bundle          = section, section, …, directory frame
 *   directory frame = frame head | directory head | directory entries | directory trailer
 *
 * The directory frame is skippable, so that a whole bundle is a standard file too. docs/format.md tells the meaning of
 * every field; a test holds its tables to these.
 */

export const BUNDLE_MAGIC = 'KBBUNDIR'

export const directoryHeadLayout = layoutOf([
  { name: 'magic', type: 'magic' },
  { name: 'version', type: 'uint16' },
  { name: 'reserved', type: 'uint16' },
  { name: 'sectionCount', type: 'uint32' },
  { name: 'archiveId', type: 'id' },
])

export const directoryEntryLayout = layoutOf([
  { name: 'position', type: 'uint64' },
  { name: 'length', type: 'uint64' },
  { name: 'sha256', type: 'digest' },
  { name: 'indexPosition', type: 'uint64' },
  { name: 'indexLength', type: 'uint64' },
  { name: 'indexSha256', type: 'digest' },
])

export const BUNDLE_END_MAGIC = 'KBBUNEND'

export const directoryTrailerLayout = layoutOf([
  { name: 'sha256', type: 'digest' },
  { name: 'frameLength', type: 'uint64' },
  { name: 'magic', type: 'magic' },
])
