import { restoresPrefix } from '../archive/archive-keys.ts'
import { KbackupError } from '../errors/kbackup-error.ts'

const NUMBER_DIGITS = 20
const RESTORE_ID = /^[A-Za-z0-9][A-Za-z0-9._=~%+@,-]{0,199}$/
/** No restore id begins like that. */
const CLAIMS = '_claims'

export function isRestoreId(text: string): boolean {
  return RESTORE_ID.test(text)
}

/** Throws `KB_USAGE` for a restore id that cannot be one part of an object's key. */
export function assertRestoreId(restoreId: string): void {
  if (isRestoreId(restoreId)) return
  throw new KbackupError('KB_USAGE', {
    message: `${JSON.stringify(restoreId)} cannot be a restore id`,
    hint: 'begin with a letter or a digit, and use up to 200 of A–Z a–z 0–9 . _ = ~ % + @ , -',
    details: { restoreId },
  })
}

/** Where everything of one restore lies in the archive. */
export function restorePrefix(backupId: string, restoreId: string): string {
  return `${restoresPrefix(backupId)}${restoreId}/`
}

export function journalPrefix(backupId: string, restoreId: string): string {
  return `${restorePrefix(backupId, restoreId)}journal/`
}

/** Entries are numbered from 1, without holes. */
export function journalEntryKey(backupId: string, restoreId: string, number: number): string {
  return `${journalPrefix(backupId, restoreId)}${numbered(number)}.json`
}

export function offsetMapKey(backupId: string, restoreId: string): string {
  return `${restorePrefix(backupId, restoreId)}offset-map.json`
}

export function receiptKey(backupId: string, restoreId: string): string {
  return `${restorePrefix(backupId, restoreId)}receipt.json`
}

/** What was found when a restore was read back; named by the time. */
export function verificationKey(backupId: string, restoreId: string, id: string): string {
  return `${restorePrefix(backupId, restoreId)}verifications/${id}.json`
}

/** Where the claims of all restores lie. */
export function allClaimsPrefix(backupId: string): string {
  return `${restoresPrefix(backupId)}${CLAIMS}/`
}

/** Where the claims of all restores that are told the same lie. */
export function claimsPrefix(backupId: string, digest: string): string {
  return `${allClaimsPrefix(backupId)}${digest}/`
}

/** Claims are numbered from 1, without holes. */
export function claimKey(backupId: string, digest: string, number: number): string {
  return `${claimsPrefix(backupId, digest)}${numbered(number)}.json`
}

/** The restore that a key below `restores/` belongs to. */
export function restoreIdOfKey(backupId: string, key: string): string {
  return key.slice(restoresPrefix(backupId).length).split('/', 1)[0] ?? ''
}

function numbered(number: number): string {
  return String(number).padStart(NUMBER_DIGITS, '0')
}
