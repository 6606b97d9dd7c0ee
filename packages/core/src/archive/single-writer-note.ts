import type { ArchiveState } from './archive-state.ts'

const NOTE =
  'the archive was written with unsafe_single_writer to a store that ignores conditions: another writer would have destroyed ' +
  'commits unnoticed'

/** What every report says of an archive whose commits were made on a store that ignores conditions; nothing of any other. */
export function singleWriterNotes({ unsafeSingleWriter }: Pick<ArchiveState, 'unsafeSingleWriter'>): readonly string[] {
  return unsafeSingleWriter ? [NOTE] : []
}
