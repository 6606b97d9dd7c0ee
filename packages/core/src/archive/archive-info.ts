/** What `archive.json` says: written once, when the archive is created. */
export interface ArchiveInfo {
  readonly format: 1
  /** 32 lower-case hexadecimal digits; commits and sections repeat it. */
  readonly archiveId: string
  readonly backupId: string
  readonly createdAtMs: bigint
  /** For whom the archive is encrypted; empty in format 1. */
  readonly recipients: readonly string[]
}
