/** What reports say of an archive that was written on a store that ignores conditions. */
export const SINGLE_WRITER_TEXT =
  'written with unsafe_single_writer to a store that ignores conditions: another writer would have destroyed commits unnoticed'
