import type { CommitReference } from '../archive/commit.ts'
import { type ArchiveView, openArchive } from '../archive/open-archive.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { RestoreIdentity } from './journal-entries.ts'
import { type RestoreClaim, readNewestClaim } from './restore-claim.ts'
import { requestDigest } from './restore-digest.ts'
import { readJournal } from './restore-journal.ts'
import type { RestoreRequest } from './restore-request.ts'
import { type SelectedTopic, selectStreams } from './stream-selection.ts'
import { findUnfinished, type JournaledRestore } from './unfinished-restores.ts'

/** An archive at one commit, what of it is to be restored, and whether a restore of just that was begun before. */
export interface RestoreSession {
  readonly view: ArchiveView
  readonly selected: readonly SelectedTopic[]
  readonly identity: RestoreIdentity
  readonly unfinished: JournaledRestore | null
  /** Unfinished restores that this one does not go on with: they were told something else, or pinned another commit. */
  readonly passedOver: ReadonlySet<string>
  /** As it was before anything else was looked at. */
  readonly newestClaim: RestoreClaim
}

export interface SessionOptions {
  readonly store: BlobStore
  readonly cluster: KafkaCluster
  readonly request: RestoreRequest
  readonly signal: AbortSignal | undefined
}

/**
 * Opens the archive for a restore. An unfinished restore with the same digest goes on, at the commit that it pinned,
 * though the archive may have grown since; unless the request names another commit, or wants a new restore.
 */
export async function openSession(options: SessionOptions): Promise<RestoreSession> {
  const { store, cluster, request, signal } = options
  const opened = await sessionAt(options, await cluster.describeCluster({ signal }), request.commit)
  const newest = { ...opened, newestClaim: await readNewestClaim(options, opened.identity) }
  if (request.startNew) return newest
  const clusterId = newest.identity.targetClusterId
  const unfinished = await findUnfinished({ store, request, clusterId, signal })
  for (const candidate of unfinished) {
    const { commit } = candidate.begin.identity
    const isHere = commit.sequence === newest.identity.commit.sequence
    if (!isHere && request.commit !== null) continue
    const session = isHere ? newest : await sessionAt(options, { clusterId }, commit)
    if (session.identity.requestDigest === candidate.begin.identity.requestDigest) {
      const entries = await readJournal({ store, backupId: request.backupId, restoreId: candidate.restoreId }, signal)
      return { ...session, unfinished: { ...candidate, entries } }
    }
  }
  return { ...newest, passedOver: new Set(unfinished.map(({ restoreId }) => restoreId)) }
}

async function sessionAt(
  { store, request, signal }: SessionOptions,
  { clusterId }: { readonly clusterId: string },
  commit: number | CommitReference | null,
): Promise<RestoreSession> {
  const view = await openArchive(store, request.backupId, { ...commitOptions(commit), signal })
  const selected = selectStreams(view.state, request)
  const identity = {
    backupId: request.backupId,
    archiveId: view.state.archiveId,
    targetClusterId: clusterId,
    requestDigest: requestDigest(request, selected),
    commit: headOf(view),
  }
  return {
    view,
    selected,
    identity,
    unfinished: null,
    passedOver: new Set(),
    newestClaim: { number: 0, restoreId: null },
  }
}

function commitOptions(commit: number | CommitReference | null) {
  if (commit === null) return {}
  return typeof commit === 'number' ? { commit } : { commit: commit.sequence, expect: commit }
}

/** A selection of topics cannot succeed in an archive without commits, so there is one. */
function headOf({ state }: ArchiveView): CommitReference {
  return state.head ?? { sequence: 0, sha256: '' }
}
