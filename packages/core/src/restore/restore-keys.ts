import { restoresPrefix } from '../archive/archive-keys.ts'

const ENTRY_DIGITS = 20

/** Where everything of one restore lies in the archive. */
export function restorePrefix(backupId: string, restoreId: string): string {
  return `${restoresPrefix(backupId)}${restoreId}/`
}

export function journalPrefix(backupId: string, restoreId: string): string {
  return `${restorePrefix(backupId, restoreId)}journal/`
}

/** Entries are numbered from 1, without holes. */
export function journalEntryKey(backupId: string, restoreId: string, number: number): string {
  return `${journalPrefix(backupId, restoreId)}${String(number).padStart(ENTRY_DIGITS, '0')}.json`
}

export function offsetMapKey(backupId: string, restoreId: string): string {
  return `${restorePrefix(backupId, restoreId)}offset-map.json`
}

export function receiptKey(backupId: string, restoreId: string): string {
  return `${restorePrefix(backupId, restoreId)}receipt.json`
}

/** The restore that a key below `restores/` belongs to. */
export function restoreIdOfKey(backupId: string, key: string): string {
  return key.slice(restoresPrefix(backupId).length).split('/', 1)[0] ?? ''
}
