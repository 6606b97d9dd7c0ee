import { pinKey } from '../archive/archive-keys.ts'
import type { ArchiveWriter } from '../archive/archive-writer.ts'
import type { CommitDraft, CommitReference } from '../archive/commit.ts'
import { assertConditionalCreates } from '../archive/conditional-creates.ts'
import { deleteDropped, liveKeys, removeObjects } from '../archive/delete-dropped.ts'
import { listPins } from '../archive/pins.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RunWarning } from '../events/run-warning.ts'
import { jsonValue } from '../json/json-value.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import type { UnfinishedUpload } from '../storage/unfinished-uploads.ts'
import type { CleanupPlanFacts, LeftObject } from './cleanup-plan.ts'
import type { CleanupSettings } from './cleanup-settings.ts'
import { planCleanup } from './plan-cleanup.ts'
import { storeNowMs } from './store-clock.ts'
import { type Survey, surveyArchive } from './survey-archive.ts'

/** How many objects one commit drops: enough to need few commits, too few to make one slow to read. */
const DROPS_PER_COMMIT = 1_000
const DISCARD_CONCURRENCY = 8

const NOTHING: CommitDraft = {
  preconditions: [],
  catalog: [],
  sections: [],
  gaps: [],
  cuts: [],
  capture: null,
  drops: [],
}

/** What a cleanup did. */
export interface CleanupFacts
  extends Pick<CleanupPlanFacts, 'backupId' | 'showsUploads' | 'sparedUploads' | 'foreignKeys' | 'pins'> {
  /** The commit that dropped the last of the objects; `null` where none had to be dropped. */
  readonly commit: CommitReference | null
  readonly deleted: readonly LeftObject[]
  readonly discarded: readonly UnfinishedUpload[]
  /** Also objects that were to be deleted, and that their writers have committed meanwhile. */
  readonly sparedObjects: readonly (LeftObject & { readonly spared: 'young' | 'pinned' | 'committed' })[]
  readonly removedPins: readonly string[]
  readonly warnings: readonly RunWarning[]
}

/** The result of a cleanup, as data and as JSON. */
export interface CleanupResult extends CleanupFacts {
  /** With times as decimal text, since JSON has no bigint. */
  toJSON(): object
}

/** What a cleanup needs of the writer of an archive. */
export type CleanedArchive = Pick<
  ArchiveWriter,
  'state' | 'commit' | 'refresh' | 'writeViews' | 'bundleKey' | 'admitSingleWriter'
>

export interface CleanupRunOptions extends BlobCallOptions {
  readonly settings: CleanupSettings
  readonly archive: CleanedArchive
  /** The store, every call of which is tried once. */
  readonly bareStorage: BlobStore
}

/**
 * Deletes what is no part of an archive.
 *
 * Whether the writer of an object that no commit names is dead cannot be known. So its key is dropped by a commit first, and
 * the object is deleted after: a writer that lives can no longer commit it, learns so, and stores the same anew under
 * another key; a writer that came first has made the object part of the archive, and then it is not dropped.
 * Whoever dies in between leaves an object that was dropped, which the next cleanup deletes.
 */
export async function runCleanup(options: CleanupRunOptions): Promise<CleanupResult> {
  const { settings, archive, signal } = options
  const { storage: store, backupId } = settings
  const { unsafeSingleWriter, environment } = settings
  const written = { store: options.bareStorage, backupId, archive }
  const warnings = await assertConditionalCreates(written, { unsafeSingleWriter, environment, signal })
  const removedPins = await removePins(options)
  const survey = await surveyArchive({ store, backupId, archive, signal })
  const { plan, ownKeys } = await settledPlan(survey, options)
  // First, so that none of them becomes an object that nobody names.
  await mapConcurrently(plan.uploads, { concurrency: DISCARD_CONCURRENCY, signal }, async (upload) =>
    store.unfinishedUploads?.discard(upload, { signal }),
  )
  const unnamed = plan.objects.filter(({ reason }) => reason === 'unnamed').map(({ key }) => key)
  const { gone, commit } = await dropAndDelete([...unnamed, ...ownKeys], options)
  const dropped = plan.objects.filter(({ reason }) => reason === 'dropped').map(({ key }) => key)
  const late = await deleteDropped({ store, backupId, state: archive.state, keys: dropped, signal })
  if (commit !== null) await archive.writeViews({ signal })
  return cleanupResult({
    plan,
    gone: new Set([...gone, ...late.deleted]),
    commit,
    removedPins,
    warnings,
    state: archive.state,
  })
}

interface SettledPlan {
  readonly plan: CleanupPlanFacts
  /** Of objects that asking for the time has left. */
  readonly ownKeys: readonly string[]
}

/** What is old by the clock of this machine is looked at again by the clock of the store, which is the one that dates objects. */
async function settledPlan(survey: Survey, { settings, archive, signal }: CleanupRunOptions): Promise<SettledPlan> {
  const planAt = (nowMs: number) => planCleanup(survey, { settings, archive, nowMs, signal })
  const plan = await planAt(settings.environment.nowMs())
  const isDated = plan.uploads.length > 0 || plan.objects.some(({ reason }) => reason === 'unnamed')
  if (settings.olderThanMs === 0 || !isDated) return { plan, ownKeys: [] }
  const key = archive.bundleKey()
  return { plan: await planAt(await storeNowMs(settings.storage, key, { signal })), ownKeys: [key] }
}

interface Dropped {
  readonly gone: readonly string[]
  readonly commit: CommitReference | null
}

async function dropAndDelete(keys: readonly string[], options: CleanupRunOptions): Promise<Dropped> {
  const gone: string[] = []
  let commit: CommitReference | null = null
  for (let start = 0; start < keys.length; start += DROPS_PER_COMMIT) {
    const deleted = await dropBatch(keys.slice(start, start + DROPS_PER_COMMIT), options)
    if (deleted.length > 0) commit = options.archive.state.head
    gone.push(...deleted)
  }
  return { gone, commit }
}

/** Each try that loses does so to a commit that named some of the objects: those stay, so this comes to an end. */
async function dropBatch(
  keys: readonly string[],
  { settings, archive, signal }: CleanupRunOptions,
): Promise<readonly string[]> {
  const { storage: store, backupId } = settings
  for (let drops = keys; drops.length > 0; ) {
    try {
      return (await removeObjects({ store, backupId, archive, draft: { ...NOTHING, drops }, signal })).deleted
    } catch (error) {
      const live = liveKeys(archive.state)
      const rest = drops.filter((key) => !live.has(key))
      if (!KbackupError.is(error, 'KB_ARCHIVE_FENCED') || rest.length === drops.length) throw error
      drops = rest
    }
  }
  return []
}

async function removePins({ settings, signal }: CleanupRunOptions): Promise<readonly string[]> {
  const { storage, backupId, removePins: ids } = settings
  if (ids.length === 0) return []
  const standing = new Set((await listPins(storage, backupId, { signal })).map(({ id }) => id))
  const unknown = ids.find((id) => !standing.has(id))
  if (unknown !== undefined) throw pinNotFound(backupId, unknown, [...standing])
  for (const id of ids) await storage.delete(pinKey(backupId, id), { signal })
  return ids
}

function pinNotFound(backupId: string, id: string, standing: readonly string[]): KbackupError {
  return new KbackupError('KB_USAGE', {
    message: `archive ${backupId} has no pin ${id}`,
    hint: standing.length === 0 ? 'it has none at all' : `it has ${standing.join(', ')}`,
    details: { backupId, id },
  })
}

interface CleanupOutcome extends Pick<CleanupFacts, 'commit' | 'removedPins' | 'warnings'> {
  readonly plan: CleanupPlanFacts
  readonly gone: ReadonlySet<string>
  readonly state: CleanedArchive['state']
}

function cleanupResult({ plan, gone, commit, removedPins, warnings, state }: CleanupOutcome): CleanupResult {
  const { backupId, showsUploads, sparedUploads, foreignKeys } = plan
  const stayed = plan.objects.filter(({ key }) => !gone.has(key))
  const facts: CleanupFacts = {
    backupId,
    commit,
    deleted: plan.objects.filter(({ key }) => gone.has(key)),
    discarded: plan.uploads,
    showsUploads,
    sparedObjects: [
      ...plan.sparedObjects,
      ...stayed.map((object) => ({ ...object, spared: state.dropped.has(object.key) ? pinned : committed })),
    ],
    sparedUploads,
    foreignKeys,
    pins: plan.pins,
    removedPins,
    warnings,
  }
  return { ...facts, toJSON: () => jsonValue(facts) }
}

const pinned = 'pinned' as const
const committed = 'committed' as const
