import type { CommitReference } from '../archive/commit.ts'
import { type ArchiveView, openArchive } from '../archive/open-archive.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { RestoreIdentity } from './journal-entries.ts'
import { type ComparedRequest, journaledDifferences } from './journaled-difference.ts'
import { type RestoreClaim, readNewestClaim } from './restore-claim.ts'
import { requestDigest } from './restore-digest.ts'
import { readJournal } from './restore-journal.ts'
import type { RestoreRequest } from './restore-request.ts'
import { type SelectedTopic, selectStreams } from './stream-selection.ts'
import { assertUnusedId, type BegunRestoreHead, findUnfinished, type JournaledRestore } from './unfinished-restores.ts'
import { assertKnownSources } from './unknown-sources.ts'

/** An archive at one commit, what of it is to be restored, and whether a restore of just that was begun before. */
export interface RestoreSession {
  readonly view: ArchiveView
  readonly selected: readonly SelectedTopic[]
  readonly identity: RestoreIdentity
  /** The brokers of the target, as `host:port`. */
  readonly targetBrokers: readonly string[]
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
  const { clusterId, brokers } = await cluster.describeCluster({ signal })
  const target = { clusterId, targetBrokers: brokers.map(({ host, port }) => `${host}:${port}`) }
  const opened = await sessionAt(options, target, request.commit)
  assertKnownSources(opened.view.state, opened.selected, request)
  const newest = { ...opened, newestClaim: await readNewestClaim(options, opened.identity) }
  const search = { store, request, clusterId: newest.identity.targetClusterId, signal }
  if (request.startNew) await assertUnusedId(search)
  return request.startNew ? newest : goOnOrBegin(newest, options, await findUnfinished(search))
}

async function goOnOrBegin(
  newest: RestoreSession,
  options: SessionOptions,
  unfinished: readonly BegunRestoreHead[],
): Promise<RestoreSession> {
  const { store, request, signal } = options
  for (const candidate of unfinished) {
    const session = await sessionLike(candidate, newest, options)
    if (session === undefined) continue
    assertMeant(candidate, request)
    const entries = await readJournal({ store, backupId: request.backupId, restoreId: candidate.restoreId }, signal)
    return { ...session, unfinished: { ...candidate, entries } }
  }
  const named = unfinished.find(({ restoreId }) => restoreId === (request.restoreId ?? request.newRestoreId))
  if (named !== undefined) throw toldOtherwise(named, { request, selected: newest.selected })
  return { ...newest, passedOver: new Set(unfinished.map(({ restoreId }) => restoreId)) }
}

/** The session of an unfinished restore, if this one is told the same. */
async function sessionLike(
  { begin }: BegunRestoreHead,
  newest: RestoreSession,
  options: SessionOptions,
): Promise<RestoreSession | undefined> {
  const { commit, requestDigest: digest } = begin.identity
  const isHere = commit.sequence === newest.identity.commit.sequence
  if (!isHere && options.request.commit !== null) return undefined
  const session = isHere ? newest : await selectableAt(options, targetOf(newest), commit)
  return session?.identity.requestDigest === digest ? session : undefined
}

/** What is selected now may not have been in the archive then. */
async function selectableAt(...parts: Parameters<typeof sessionAt>): Promise<RestoreSession | undefined> {
  try {
    return await sessionAt(...parts)
  } catch (error) {
    if (KbackupError.is(error, 'KB_TOPIC_NOT_FOUND', 'KB_NO_TOPICS_MATCHED')) return undefined
    throw error
  }
}

/** A new restore beside an unfinished one that was told the same would write its records again. */
function assertMeant({ restoreId }: BegunRestoreHead, { newRestoreId }: RestoreRequest): void {
  if (newRestoreId === null || newRestoreId === restoreId) return
  throw new KbackupError('KB_RESTORE_MISMATCH', {
    message: `restore ${restoreId}, which was told the same, is unfinished, and ${newRestoreId} would write its records again`,
    hint: 'leave the new id out to go on with the unfinished restore, or ask for a new restore in any case (startNew)',
    details: { restoreId, newRestoreId },
  })
}

/** The error of a restore that is named and was told something else. */
export function toldOtherwise({ restoreId, begin }: BegunRestoreHead, compared: ComparedRequest): KbackupError {
  const { commit } = compared.request
  const sequence = typeof commit === 'number' ? commit : commit?.sequence
  const differences =
    sequence === undefined || sequence === begin.identity.commit.sequence
      ? journaledDifferences(begin, compared)
      : [`it was begun at commit ${begin.identity.commit.sequence}, and is now to be at commit ${sequence}`]
  return new KbackupError('KB_RESTORE_MISMATCH', {
    message: `restore ${restoreId} was told something else: ${differences.join('; ')}`,
    hint: 'run it with the options that it was begun with, or leave the restore id out to begin another',
    details: { restoreId, differences },
  })
}

interface SessionTarget {
  readonly clusterId: string
  readonly targetBrokers: readonly string[]
}

/** The target stays the same, whichever commit is looked at. */
function targetOf({ identity, targetBrokers }: RestoreSession): SessionTarget {
  return { clusterId: identity.targetClusterId, targetBrokers }
}

/** The archive at a commit, and what of it is selected. */
export async function sessionAt(
  { store, request, signal }: SessionOptions,
  { clusterId, targetBrokers }: SessionTarget,
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
    targetBrokers,
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
