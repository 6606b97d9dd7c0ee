import type { SectionEntry } from '../archive/commit.ts'
import type { Environment } from '../archive/environment.ts'
import { assertPinnedInTime, type HeldPin, pinCommit } from '../archive/pins.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RestoreEvent } from '../events/run-event.ts'
import { buildOffsetMap } from './built-offset-map.ts'
import { type KeptCheckpoint, keepingCheckpoint } from './checkpoint/kept-checkpoint.ts'
import { configHash } from './checkpoint/restore-checkpoint.ts'
import { standOf } from './checkpoint/section-progress.ts'
import { withWhatStands } from './damaged-stream.ts'
import { type GroupsRestored, restoreGroups } from './group-restore.ts'
import { positionFinder } from './group-strategies/position-finder.ts'
import { journaledRules } from './journaled-rules.ts'
import { openContext } from './open-context.ts'
import type { RestoreContext } from './restore-context.ts'
import { offsetMapKey, receiptKey } from './restore-keys.ts'
import { writeAlike, writeOnce } from './restore-objects.ts'
import type { PlannedRestore } from './restore-planner.ts'
import { makeReceipt, type RestoreReceipt } from './restore-receipt.ts'
import type { RestoreSession, SessionOptions } from './restore-session.ts'
import { type BegunRestore, beginRestore } from './restore-start.ts'
import type { RestoreStream } from './restore-stream.ts'
import type { RestoreTally } from './restore-tally.ts'
import { assertStillThere } from './restored-log-check.ts'
import { type ActiveStream, activeStreams, runStreams } from './stream-run.ts'
import { restoreSettings } from './target-preparation.ts'
import { ProducedDigests } from './verification/produced-digests.ts'
import { proofDepth, proveRestore } from './verification/restore-proof.ts'
import { assertProved } from './verification/verification-report.ts'

export interface RestoreRunOptions extends SessionOptions {
  readonly session: RestoreSession
  readonly planned: PlannedRestore
  readonly environment: Environment
  readonly tally: RestoreTally
  readonly emit: (event: RestoreEvent) => void
  readonly signal: AbortSignal
}

/** Runs a restore whose plan has no blockers, from its beginning or from where another process left it. */
export async function runRestore(options: RestoreRunOptions): Promise<RestoreReceipt> {
  const { store, request, session, environment, signal } = options
  const { commit } = session.identity
  const pin = await pinCommit(store, request.backupId, { commit, purpose: 'restore', environment, signal }).catch(
    (error: unknown) => {
      throw KbackupError.is(error, 'KB_STORE_FORBIDDEN') ? notWritable(error, request.backupId) : error
    },
  )
  try {
    assertPinnedInTime(pin, sectionsOf(session.selected.flatMap(({ streams }) => streams)))
    return await runPinned(options)
  } finally {
    await releaseQuietly(pin)
  }
}

function notWritable(cause: KbackupError, backupId: string): KbackupError {
  return new KbackupError('KB_STORE_FORBIDDEN', {
    message: `nothing can be written to the archive ${backupId}, where a restore keeps its journal; nothing was restored: ${cause.message}`,
    hint: 'give the right to create objects below restores/ and pins/ of the archive, or restore from a copy of it',
    details: cause.details,
    cause,
  })
}

function sectionsOf(streams: readonly RestoreStream[]): readonly SectionEntry[] {
  return streams.flatMap(({ slices }) => slices.map(({ entry }) => entry))
}

/** A reader may not have the right to delete; the pin then stays until a person removes it. */
async function releaseQuietly(pin: HeldPin): Promise<void> {
  await pin.release().catch(() => {})
}

async function runPinned(options: RestoreRunOptions): Promise<RestoreReceipt> {
  const begun = await beginRestore(options)
  const { restoreId } = begun.journal
  options.emit({ type: 'restore-begin', restoreId, isResumed: !begun.isFresh })
  const active = activeStreams(begun.streams, begun.anchors, begun.entries)
  if (!begun.isFresh) options.emit({ type: 'checkpoint-load', ...standOf(active) })
  const depth = proofDepth(active, options.request)
  const context = await contextOf(options, { ...begun, produced: depth === 'full' ? new ProducedDigests() : undefined })
  const production = { options, begun, active, context }
  await keepingCheckpoint(checkpointOf(production), () => produceAll(production)).catch((error: unknown) => {
    throw withWhatStands(error, { begun, active })
  })
  return finish(options, { begun, active, context })
}

function checkpointOf({ options, begun, active }: Production): KeptCheckpoint {
  const { request, session, environment, signal, emit } = options
  const { restoreId } = begun.journal
  const { backupId } = request
  return {
    checkpoint: request.checkpoint,
    owner: { backupId, restoreId, startedAtMs: begun.startedAtMs, configHash: configHash(session.identity) },
    active,
    environment,
    signal,
    onFailure: (file, error) => {
      const why = error instanceof Error ? error.message : String(error)
      emit({ type: 'note', message: `the checkpoint file ${file} could not be written: ${why}` })
    },
  }
}

async function contextOf(
  options: RestoreRunOptions,
  begun: BegunRestore & Pick<RestoreContext, 'produced'>,
): Promise<RestoreContext> {
  const { tally } = options
  const leaderOf = await begun.readLeaders()
  return openContext({
    ...options,
    ...begun,
    leaderOf,
    onRetry: (retry) => tally.retried(retry),
    onRestored: (restored) => tally.restored(restored),
  })
}

interface Production {
  readonly options: RestoreRunOptions
  readonly begun: BegunRestore
  readonly active: readonly ActiveStream[]
  readonly context: RestoreContext
}

async function produceAll({ options, begun, active, context }: Production): Promise<void> {
  const { emit, request, tally } = options
  tally.begin(active)
  for (const { stream, progress } of active) {
    const { source, target } = stream
    emit({ type: 'stream-start', source, target, fromOrdinal: progress.position.ordinal })
  }
  await runStreams(active, {
    context,
    journal: begun.journal,
    maxConcurrentPartitions: request.maxConcurrentPartitions,
    isFresh: begun.isFresh,
    onStreamEnd: ({ stream, progress }) => {
      const { source, target } = stream
      emit({ type: 'stream-end', source, target, records: progress.position.ordinal })
    },
  })
  tally.emitProgress({ force: true })
}

async function finish(
  options: RestoreRunOptions,
  { begun, active, context }: Omit<Production, 'options'>,
): Promise<RestoreReceipt> {
  const { request, cluster, signal, planned } = options
  const { journal } = begun
  await assertStillThere(options, active)
  const rules = journaledRules(request)
  const verification = await proveRestore(active, { ...request, context, rules })
  const { restoreId } = journal
  await assertProved(options, { restoreId, identity: options.session.identity, active, proof: verification })
  const map = buildOffsetMap(active, options.session)
  await writeAlike(options, offsetMapKey(request.backupId, journal.restoreId), map)
  const looking = { map, active, context, concurrency: request.maxConcurrentPartitions }
  const finder = await positionFinder(request.groupStrategy, looking, planned.groups.positions)
  const groups = await restoreGroups({ ...options, planned: planned.groups, finder, journal, entries: begun.entries })
  announceGroups(options, groups)
  await assertStillThere(options, active)
  if (groups.error !== null) throw groups.error
  const restoredTopics = await restoreSettings({ cluster, signal }, begun.topics, 'end')
  if (restoredTopics.length > 0) await journal.append({ type: 'settings-restored', topics: restoredTopics }, signal)
  const receipt = makeReceipt(options, {
    begun,
    active,
    groups: groups.reports,
    verification,
    read: context.counters.counts,
  })
  const receiptSha256 = await writeOnce(options, receiptKey(request.backupId, journal.restoreId), receipt)
  await journal.append({ type: 'end', receiptSha256 }, signal)
  return receipt
}

function announceGroups({ emit }: RestoreRunOptions, { reports }: GroupsRestored): void {
  for (const { groupId, outcome, targets } of reports) {
    emit({ type: 'group-reset-end', groupId, outcome, partitions: targets.length })
  }
}
