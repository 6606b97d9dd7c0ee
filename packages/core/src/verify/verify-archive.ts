import { archiveInfoKey, assertBackupId, commitKey, commitsPrefix, snapshotsPrefix } from '../archive/archive-keys.ts'
import type { CommitReference } from '../archive/commit.ts'
import { archiveNotFound } from '../archive/open-archive.ts'
import { assertOptions } from '../config/assert-options.ts'
import { CALL_OPTIONS, COMMIT_REFERENCE_KIND } from '../config/common-options.ts'
import { type OptionKind, optionKinds } from '../config/option-kinds.ts'
import type { RunWarning } from '../events/run-warning.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import { MAX_READS } from '../storage/retry-policy.ts'
import { type Finding, Findings } from './finding.ts'
import { Verification, type VerifyDepth, type VerifyProgress } from './verification.ts'
import { type PinQuestion, pinNewest, type VerificationPin } from './verification-pin.ts'
import { historySequence, newestSequence, type VerifiedHistory, verifyHistory } from './verify-history.ts'
import { verifyOtherObjects, verifySections } from './verify-objects.ts'

export interface VerifyOptions extends BlobCallOptions {
  readonly depth: VerifyDepth
  readonly onFinding?: ((finding: Finding) => void) | undefined
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined
  /** A commit that the archive must hold: the archive alone cannot tell that its newest commits were deleted. */
  readonly expect?: CommitReference | undefined
}

const VERIFY_OPTIONS = {
  ...CALL_OPTIONS,
  depth: optionKinds.required(optionKinds.oneOf<VerifyDepth>({ objects: true, bytes: true, records: true })),
  onFinding: optionKinds.callback,
  onProgress: optionKinds.callback,
  expect: COMMIT_REFERENCE_KIND,
} satisfies Record<keyof VerifyOptions, OptionKind>

/** What a verification found. */
export interface VerifyReport extends VerifyProgress {
  readonly depth: VerifyDepth
  readonly backupId: string
  /** The newest commit; `null` where there is none, or where the chain of commits is broken before it. */
  readonly head: CommitReference | null
  /** The commit that breaks the chain: later ones cannot be vouched for; `null` where it is whole up to the newest. */
  readonly brokenAt: number | null
  /** Commits that are sound in themselves. */
  readonly commits: number
  readonly sections: number
  /** In sections that are sound; at depth `records` each was decoded. */
  readonly records: number
  /** Of these, the records of `__consumer_offsets`: the history of group positions, which no restore produces as data. */
  readonly offsetsTopicRecords: number
  readonly findings: readonly Finding[]
  /** Of the verification itself: that its commit could not be pinned, or that its pin is left. */
  readonly warnings: readonly RunWarning[]
  /** Whether a commit says that the store ignored conditions: then commits may have been overwritten, which nothing shows. */
  readonly unsafeSingleWriter: boolean
  /** Whether no finding is damage. */
  readonly ok: boolean
}

/**
 * Verifies an archive: all of its commits, and the objects they name, as deep as asked.
 *
 * - `objects`: every commit, snapshot, pin, the manifest and what restores left are read and held against each other; other
 *   objects are there, and as long as the commits say.
 * - `bytes`: besides, every byte of every object is held to what vouches for it.
 * - `records`: besides, every record is decoded, counted, and found at its offset and within the stated times.
 *
 * Damage is in the report, never thrown, and it does not end the verification. Memory is bounded by what the commits say
 * and a few reads of at most 8 MiB (or one block, where that is longer).
 *
 * The newest commit is pinned meanwhile, so that a cleaner deletes nothing that is yet to be read; what is committed after it
 * is not verified. That needs the right to create objects below `pins/`, and to delete them there: without, there is a warning.
 *
 * @throws KbackupError `KB_ARCHIVE_NOT_FOUND`, `KB_USAGE`, and what the store throws; the signal's reason.
 */
export async function verifyArchive(store: BlobStore, backupId: string, options: VerifyOptions): Promise<VerifyReport> {
  assertOptions('verify', options, VERIFY_OPTIONS)
  assertBackupId(backupId)
  const { signal } = options
  signal?.throwIfAborted()
  const place = { store, backupId, signal }
  const newest = await findNewest(place)
  const pin = await pinNewest({ ...place, newest })
  const report = await verifyPinned(place, options, { newest, pin }).finally(() => pin.release())
  return { ...report, warnings: pin.warnings }
}

type Place = Pick<PinQuestion, 'store' | 'backupId' | 'signal'>

interface PinnedCommit {
  readonly newest: number
  readonly pin: VerificationPin
}

async function verifyPinned(
  place: Place,
  { depth, onFinding, onProgress, expect }: VerifyOptions,
  pinned: PinnedCommit,
): Promise<Omit<VerifyReport, 'warnings'>> {
  const { store, backupId, signal } = place
  const findings = new Findings(onFinding)
  const objects = await listObjects(place, pinned)
  assertIsArchive(store, backupId, objects)
  const verification = new Verification({ store, backupId, depth, findings, signal, objects, onProgress })
  const history = await verifyHistory(verification)
  if (expect !== undefined) holdToCommit(verification, history, expect)
  const sound = await verifySections(verification, history)
  await verifyOtherObjects(verification, history)
  return {
    depth,
    backupId,
    ...verification.progress,
    head: history.head,
    brokenAt: history.brokenAt,
    commits: history.commits,
    sections: history.sections.length,
    ...sound,
    unsafeSingleWriter: history.unsafeSingleWriter,
    findings: findings.all,
    ok: !findings.hasDamage,
  }
}

/** The newest commit that is listed; listed again where nothing is there of that name: a listing may arrive damaged. */
async function findNewest(place: Place): Promise<number> {
  for (let reads = 1; ; reads += 1) {
    const { sequence, key } = await listedNewest(place)
    if (sequence === 0 || reads === MAX_READS) return sequence
    if ((await place.store.head(key, { signal: place.signal })) !== undefined) return sequence
  }
}

async function listedNewest({ store, backupId, signal }: Place): Promise<{ sequence: number; key: string }> {
  let newest = { sequence: 0, key: '' }
  for (const prefix of [commitsPrefix(backupId), snapshotsPrefix(backupId)]) {
    for await (const { key } of store.list(prefix, { signal })) {
      const sequence = newestSequence([key], backupId)
      if (sequence > newest.sequence) newest = { sequence, key }
    }
  }
  return newest
}

/** Everything that the pinned commit sees was there before it, and is there as long as the pin. */
async function listObjects(
  { store, backupId, signal }: Place,
  { newest, pin }: PinnedCommit,
): Promise<ReadonlyMap<string, number>> {
  const objects = new Map<string, number>()
  for await (const { key, size } of store.list(`${backupId}/`, { signal })) {
    const isLater = (historySequence(key, backupId) ?? 0) > newest
    if (!isLater && key !== pin.key) objects.set(key, size)
  }
  return objects
}

function assertIsArchive(store: BlobStore, backupId: string, objects: ReadonlyMap<string, number>): void {
  if (objects.has(archiveInfoKey(backupId))) return
  for (const key of objects.keys()) if (key.startsWith(commitsPrefix(backupId))) return
  throw archiveNotFound(store, backupId)
}

function holdToCommit(
  { backupId, findings }: Verification,
  { digests }: VerifiedHistory,
  expect: CommitReference,
): void {
  const found = digests.get(expect.sequence)
  if (found === expect.sha256) return
  const key = commitKey(backupId, expect.sequence)
  if (found === undefined) findings.damage('missing', { key, message: `${key} was expected and is not there` })
  else findings.damage('inconsistent', { key, message: `${key} is not the commit that was expected` })
}
