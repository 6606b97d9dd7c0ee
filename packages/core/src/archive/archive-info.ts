import { KbackupError } from '../errors/kbackup-error.ts'
import { damagedObject, openJson } from './json-object.ts'
import { idText, int64, list, literal, object, readShape, text } from './json-shape.ts'

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

const archiveInfo = object<ArchiveInfo>({
  format: literal(1),
  archiveId: idText,
  backupId: text,
  createdAtMs: int64,
  recipients: list(text),
})

/** Reads the bytes of `archive.json`. */
export function readArchiveInfo(bytes: Buffer, { key, backupId }: { key: string; backupId: string }): ArchiveInfo {
  const value = openJson(bytes, key)
  assertFormat(value, key)
  const info = readShape(archiveInfo, value, key)
  if (info.backupId === backupId) return info
  throw damagedObject(key, `it is the archive of backup id ${info.backupId}, not of ${backupId}`, { field: 'backupId' })
}

/** Throws `KB_ARCHIVE_FORMAT` for an object of a format other than 1: an archive of a later version, not a damaged one. */
export function assertFormat(value: unknown, key: string): void {
  const format: unknown = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  if (typeof format !== 'number' || format === 1) return
  throw new KbackupError('KB_ARCHIVE_FORMAT', {
    message: `${key} is of archive format ${format}; this version reads format 1`,
    hint: 'use a newer version of kbackup',
    details: { key, format },
  })
}
