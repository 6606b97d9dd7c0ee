import type { Environment } from '../../archive/environment.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import { openContext } from '../open-context.ts'
import { assertRestoredInto } from '../other-cluster.ts'
import { readJournal } from '../restore-journal.ts'
import { assertRestoreId } from '../restore-keys.ts'
import { restoreNotFound } from '../restore-not-found.ts'
import { type SessionOptions, sessionAt, toldOtherwise } from '../restore-session.ts'
import { journaledStreams } from '../restore-start.ts'
import { activeStreams } from '../stream-run.ts'
import { proveRestore, type RestoreProof } from './restore-proof.ts'

export interface VerifyingOptions extends Omit<SessionOptions, 'signal'> {
  readonly restoreId: string
  readonly environment: Environment
  readonly signal: AbortSignal
}

/** Reads back what a restore wrote, at any later time, and compares it with the archive; writes nothing. */
export async function verifyRestore(options: VerifyingOptions): Promise<RestoreProof> {
  const { store, request, restoreId, cluster, signal } = options
  assertRestoreId(restoreId)
  const place = { store, backupId: request.backupId }
  const entries = await readJournal({ ...place, restoreId }, signal)
  const [begin] = entries
  if (begin?.type !== 'begin') throw await restoreNotFound(place, { restoreId, signal })
  const { clusterId } = await cluster.describeCluster({ signal })
  assertRestoredInto(clusterId, begin, 'its records are not here')
  const session = await sessionAt(options, { clusterId, targetBrokers: [] }, begin.identity.commit)
  if (session.identity.requestDigest !== begin.identity.requestDigest) {
    throw toldOtherwise({ restoreId, begin }, { request, selected: session.selected })
  }
  const streams = journaledStreams({ session }, begin)
  const prepared = entries.find((entry) => entry.type === 'prepared')
  if (prepared === undefined) throw notRestored(restoreId)
  const active = activeStreams(streams, prepared.anchors, entries)
  if (active.some(({ progress }) => !progress.isDone)) throw notRestored(restoreId)
  const context = await openContext({ ...options, streams, topics: begin.topics, ...PRODUCES_NOTHING })
  return proveRestore(active, { ...request, context })
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
