import { type Environment, systemEnvironment } from '../archive/environment.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import { ownSignal } from '../memory/own-signal.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { retryingBlobStore } from '../storage/retrying-blob-store.ts'
import { type HeldSettingReport, putBackHeld } from './held-settings.ts'
import type { JournalEntry } from './journal-entries.ts'
import { type BeginEntry, isFinal } from './journal-head.ts'
import { assertRestoredInto } from './other-cluster.ts'
import { RestoreJournal, readJournal } from './restore-journal.ts'
import { assertRestoreId } from './restore-keys.ts'
import { restoreNotFound } from './restore-not-found.ts'

/** A restore whose settings are to be put back, and the cluster that it went to. */
export interface HeldRestoreOptions extends CallOptions {
  readonly storage: BlobStore
  readonly backupId: string
  readonly target: KafkaCluster
  readonly restoreId: string
  /** The clock, the randomness and the timers; those of the machine where absent. */
  readonly environment?: Environment | undefined
}

/** The settings of a restore, and what became of each. */
export interface HeldSettingsReport {
  readonly restoreId: string
  readonly settings: readonly HeldSettingReport[]
}

/**
 * Gives the topics of a finished restore the retention back that they had, or were archived with: the brokers then delete
 * what is older. What somebody has changed since stays. Can be done twice.
 *
 * @throws KbackupError `KB_RESTORE_NOT_FOUND`; `KB_RESTORE_MISMATCH` for an unfinished restore, or another cluster
 */
export async function releaseRestore(options: HeldRestoreOptions): Promise<HeldSettingsReport> {
  const { restoreId, target: cluster } = options
  const { begin, isFinished, journal, signal } = await journaled(options)
  if (!isFinished) throw notFinished(restoreId)
  const held = begin.topics.map(({ topic, holds }) => ({
    topic,
    holds: holds.filter(({ until }) => until === 'release'),
  }))
  const settings = await putBackHeld({ cluster, signal }, held)
  await journal.append({ type: 'released', topics: topicsOf(settings) }, signal)
  return { restoreId, settings }
}

/**
 * Puts back all settings that a restore has changed which did not come to its end. A process that still runs it stops at
 * its next entry in the journal. What was restored stays, and the restore can still be run again: it then changes the
 * settings again. Can be done twice.
 *
 * @throws KbackupError `KB_RESTORE_NOT_FOUND`; `KB_RESTORE_MISMATCH` for a finished restore, or another cluster
 */
export async function undoRestore(options: HeldRestoreOptions): Promise<HeldSettingsReport> {
  const { restoreId, target: cluster } = options
  const { begin, isFinished, journal, signal } = await journaled(options)
  if (isFinished) throw isOver(restoreId)
  const held = begin.topics.filter(({ holds }) => holds.length > 0)
  // First, so that no process changes them again behind our back.
  await journal.append({ type: 'undone', topics: topicsOf(held) }, signal)
  return { restoreId, settings: await putBackHeld({ cluster, signal }, held) }
}

interface JournaledSettings {
  readonly begin: BeginEntry
  readonly isFinished: boolean
  readonly journal: RestoreJournal
  readonly signal: AbortSignal
}

async function journaled(options: HeldRestoreOptions): Promise<JournaledSettings> {
  const { storage, backupId, restoreId, target, environment = systemEnvironment } = options
  options.signal?.throwIfAborted()
  assertRestoreId(restoreId)
  const signal = ownSignal(options.signal ?? new AbortController().signal)
  const store = retryingBlobStore(storage, { sleep: environment.sleep, random: environment.random })
  const entries = await readJournal({ store, backupId, restoreId }, signal)
  const begin = beginOf(entries)
  if (begin === undefined) {
    throw await restoreNotFound({ store, backupId }, { restoreId, remark: '; nothing was changed', signal })
  }
  const { clusterId } = await target.describeCluster({ signal })
  assertRestoredInto(clusterId, begin, 'nothing was changed')
  const journal = new RestoreJournal({ store, backupId, restoreId, environment }, entries.length)
  return { begin, isFinished: isFinal(entries.at(-1)), journal, signal }
}

function beginOf([first]: readonly JournalEntry[]): BeginEntry | undefined {
  return first?.type === 'begin' ? first : undefined
}

function topicsOf(held: readonly { readonly topic: string }[]): readonly string[] {
  return [...new Set(held.map(({ topic }) => topic))]
}

function notFinished(restoreId: string): KbackupError {
  return mismatch(
    restoreId,
    'is not finished',
    'run it to its end first; or give it up, and put back what it changed: undoRestore',
  )
}

function isOver(restoreId: string): KbackupError {
  return mismatch(
    restoreId,
    'is finished, and has put back all but a held retention',
    'that comes back with releaseRestore',
  )
}

function mismatch(restoreId: string, what: string, hint: string): KbackupError {
  const message = `restore ${restoreId} ${what}; nothing was changed`
  return new KbackupError('KB_RESTORE_MISMATCH', { message, hint, details: { restoreId } })
}
