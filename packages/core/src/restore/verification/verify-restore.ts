import type { Environment } from '../../archive/environment.ts'
import { openArchive } from '../../archive/open-archive.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { JournalEntry } from '../journal-entries.ts'
import { streamsOfJournal } from '../journaled-rules.ts'
import { openContext } from '../open-context.ts'
import { assertRestoredInto } from '../other-cluster.ts'
import { readJournal } from '../restore-journal.ts'
import { assertRestoreId } from '../restore-keys.ts'
import { restoreNotFound } from '../restore-not-found.ts'
import type { SessionOptions } from '../restore-session.ts'
import type { RestoreStream } from '../restore-stream.ts'
import { type ActiveStream, activeStreams } from '../stream-run.ts'
import { proveRestore, type RestoreProof } from './restore-proof.ts'
import { assertProved, writeVerification } from './verification-report.ts'

export interface VerifyingOptions extends Omit<SessionOptions, 'signal'> {
  readonly restoreId: string
  readonly environment: Environment
  readonly signal: AbortSignal
}

/** What came of reading back a restore. */
export interface RestoreVerification extends RestoreProof {
  /** The report in the archive; `null` where it may not be written to. */
  readonly reportKey: string | null
}

/**
 * Reads back what a restore wrote, at any later time, and compares it with the archive. What it was told is in its journal; what
 * comes of it is put beside that.
 */
export async function verifyRestore(options: VerifyingOptions): Promise<RestoreVerification> {
  const { store, request, restoreId, cluster, signal } = options
  assertRestoreId(restoreId)
  const place = { store, backupId: request.backupId }
  const entries = await readJournal({ ...place, restoreId }, signal)
  const [begin] = entries
  if (begin?.type !== 'begin') throw await restoreNotFound(place, { restoreId, signal })
  const { identity, rules } = begin
  const { clusterId } = await cluster.describeCluster({ signal })
  assertRestoredInto(clusterId, begin, 'its records are not here')
  const { commit } = identity
  const { state } = await openArchive(store, request.backupId, { commit: commit.sequence, expect: commit, signal })
  const streams = streamsOfJournal(begin, { ...request, state })
  const active = finishedStreams(streams, { restoreId, entries })
  const asBegun = { ...options, request: { ...request, originalHeaders: rules.originalHeaders } }
  const context = await openContext({ ...asBegun, streams, topics: begin.topics, ...PRODUCES_NOTHING })
  const proof = await proveRestore(active, { ...request, context, rules })
  const verified = { restoreId, identity, active, proof }
  await assertProved(options, verified)
  return { ...proof, reportKey: await writeVerification(options, verified) }
}

interface Journaled {
  readonly restoreId: string
  readonly entries: readonly JournalEntry[]
}

function finishedStreams(
  streams: readonly RestoreStream[],
  { restoreId, entries }: Journaled,
): readonly ActiveStream[] {
  const prepared = entries.find((entry) => entry.type === 'prepared')
  if (prepared === undefined) throw notRestored(restoreId)
  const active = activeStreams(streams, prepared.anchors, entries)
  if (active.some(({ progress }) => !progress.isDone)) throw notRestored(restoreId)
  return active
}

const PRODUCES_NOTHING = { leaderOf: () => -1, onRetry: () => {}, onRestored: () => {} }

/** What its journal does not know of could not be told from what is missing. */
function notRestored(restoreId: string): KbackupError {
  return new KbackupError('KB_RESTORE_MISMATCH', {
    message: `restore ${restoreId} has not restored all of its records yet, so there is nothing to prove`,
    hint: 'run it to its end first: it goes on where it stands',
    details: { restoreId },
  })
}
