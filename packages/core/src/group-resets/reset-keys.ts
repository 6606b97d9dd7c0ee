import { restoresPrefix } from '../archive/archive-keys.ts'
import { sha256Hex } from '../archive/json-object.ts'
import { KbackupError } from '../errors/kbackup-error.ts'

/** No restore id begins like these. */
const RESETS = '_group-resets'
const SNAPSHOTS = '_group-snapshots'
const CLAIMS = '_group-claims'
const NUMBER_DIGITS = 20
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/

/** Throws `KB_USAGE` for what cannot be the id of a reset or a snapshot. */
export function assertChangeId(id: string): void {
  if (ID.test(id)) return
  throw new KbackupError('KB_USAGE', {
    message: `${JSON.stringify(id)} cannot be the id of a group snapshot or a group reset`,
    hint: '`kbackup offset-rollback list` shows which there are',
    details: { id },
  })
}

/** Where all resets of groups lie. */
export function resetsPrefix(backupId: string): string {
  return `${restoresPrefix(backupId)}${RESETS}/`
}

export function resetBeginKey(backupId: string, resetId: string): string {
  return `${resetsPrefix(backupId)}${resetId}/begin.json`
}

export function resetEndKey(backupId: string, resetId: string): string {
  return `${resetsPrefix(backupId)}${resetId}/end.json`
}

/** Where all snapshots of groups lie. */
export function snapshotsPrefix(backupId: string): string {
  return `${restoresPrefix(backupId)}${SNAPSHOTS}/`
}

export function snapshotKey(backupId: string, snapshotId: string): string {
  return `${snapshotsPrefix(backupId)}${snapshotId}.json`
}

/** Where the claims lie of all who changed groups of a cluster. */
export function groupClaimsPrefix(backupId: string, clusterId: string): string {
  return `${restoresPrefix(backupId)}${CLAIMS}/${sha256Hex(clusterId)}/`
}

/** Claims are numbered from 1, without holes. */
export function groupClaimKey(backupId: string, clusterId: string, number: number): string {
  return `${groupClaimsPrefix(backupId, clusterId)}${String(number).padStart(NUMBER_DIGITS, '0')}.json`
}
