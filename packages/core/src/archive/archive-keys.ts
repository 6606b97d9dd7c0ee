import { KbackupError } from '../errors/kbackup-error.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { SectionCodec } from './commit.ts'

const SEQUENCE_DIGITS = 20
const BACKUP_ID = /^[A-Za-z0-9._=~%+@,-]{1,255}$/

/** Throws `KB_USAGE` for a backup id that cannot be one part of an object's key. */
export function assertBackupId(backupId: string): void {
  if (BACKUP_ID.test(backupId) && backupId !== '.' && backupId !== '..') return
  throw new KbackupError('KB_USAGE', {
    message: `${JSON.stringify(backupId)} cannot be a backup id`,
    hint: 'use 1 to 255 of A–Z a–z 0–9 . _ = ~ % + @ , -',
    details: { backupId },
  })
}

export function archiveInfoKey(backupId: string): string {
  return `${backupId}/archive.json`
}

export function manifestKey(backupId: string): string {
  return `${backupId}/manifest.json`
}

export function commitsPrefix(backupId: string): string {
  return `${backupId}/commits/`
}

export function commitKey(backupId: string, sequence: number): string {
  return `${commitsPrefix(backupId)}${numbered(sequence)}.json`
}

export function snapshotsPrefix(backupId: string): string {
  return `${backupId}/snapshots/`
}

export function snapshotKey(backupId: string, sequence: number): string {
  return `${snapshotsPrefix(backupId)}${numbered(sequence)}.json`
}

export function pinsPrefix(backupId: string): string {
  return `${backupId}/pins/`
}

export function pinKey(backupId: string, pinId: string): string {
  return `${pinsPrefix(backupId)}${pinId}.json`
}

export function restoresPrefix(backupId: string): string {
  return `${backupId}/restores/`
}

/** What the name of a segment is made of. */
export interface SegmentName extends TopicPartition {
  readonly startOffset: bigint
  readonly codec: SectionCodec
  /** Hexadecimal digits that nobody drew before. */
  readonly nonce: string
}

export function segmentKey(backupId: string, { topic, partition, startOffset, codec, nonce }: SegmentName): string {
  const file = `segment-${numbered(startOffset)}-${nonce}.${codec === 'lz4' ? 'lz4' : 'zst'}`
  return `${topicsPrefix(backupId)}${topic}/partition=${partition}/${file}`
}

export function topicsPrefix(backupId: string): string {
  return `${backupId}/topics/`
}

export function bundleKey(backupId: string, nonce: string): string {
  return `${bundlesPrefix(backupId)}${nonce}.zst`
}

export function bundlesPrefix(backupId: string): string {
  return `${backupId}/bundles/`
}

/** The number in a key such as `…/commits/00000000000000000007.json`; `undefined` where the name is of another kind. */
export function sequenceOfKey(key: string, prefix: string): number | undefined {
  const match = /^([0-9]{20})\.json$/.exec(key.slice(prefix.length))
  const sequence = Number(match?.[1])
  return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : undefined
}

function numbered(value: number | bigint): string {
  return value.toString().padStart(SEQUENCE_DIGITS, '0')
}
