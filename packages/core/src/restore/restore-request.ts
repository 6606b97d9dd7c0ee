import type { CommitReference } from '../archive/commit.ts'
import { instantToMs } from '../config/instant.ts'
import type { TopicSelectionOptions } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { assertRestoreId } from './restore-keys.ts'
import type { ExistingTopics, RestoreGuards, RestoreOptions } from './restore-options.ts'
import type { TimeWindow } from './time-window.ts'

/** The options of a restore, checked and with their defaults. */
export interface RestoreRequest {
  readonly backupId: string
  readonly window: TimeWindow
  readonly topics: TopicSelectionOptions
  readonly partitions: readonly number[] | null
  readonly rename: (topic: string) => string
  /** The topics that a mapping names. */
  readonly renamed: readonly string[]
  readonly groups: readonly string[] | 'all'
  readonly existingTopics: ExistingTopics
  readonly guards: RestoreGuards
  readonly replicationFactor: number | null
  readonly commit: number | CommitReference | null
  readonly restoreId: string | null
  readonly newRestoreId: string | null
  readonly startNew: boolean
  readonly maxMemoryBytes: number
  readonly maxConcurrentPartitions: number
}

const DEFAULT_MAX_MEMORY_BYTES = 128 * 1024 * 1024
const DEFAULT_MAX_CONCURRENT_PARTITIONS = 16

/** Checks the options of a restore; what does not fit is `KB_CONFIG_INVALID`. */
export function readRestoreOptions(options: Omit<RestoreOptions, 'storage' | 'target'>): RestoreRequest {
  assertOneWay(options)
  return {
    backupId: options.backupId,
    window: readWindow(options.window),
    topics: options.topics ?? ['*'],
    partitions: options.partitions ?? null,
    rename: readRename(options.rename),
    renamed: typeof options.rename === 'object' ? Object.keys(options.rename) : [],
    groups: options.groups ?? [],
    existingTopics: options.existingTopics ?? 'fail',
    guards: options.guards ?? {},
    replicationFactor: readCount(options.replicationFactor, 'replicationFactor'),
    commit: options.commit ?? null,
    restoreId: readRestoreId(options.restoreId),
    newRestoreId: readRestoreId(options.newRestoreId),
    startNew: options.startNew ?? false,
    maxMemoryBytes: readCount(options.maxMemoryBytes, 'maxMemoryBytes') ?? DEFAULT_MAX_MEMORY_BYTES,
    maxConcurrentPartitions:
      readCount(options.maxConcurrentPartitions, 'maxConcurrentPartitions') ?? DEFAULT_MAX_CONCURRENT_PARTITIONS,
  }
}

function readWindow(window: RestoreOptions['window']): TimeWindow {
  const start = window?.start === undefined ? null : instantToMs(window.start, 'window.start')
  const end = window?.end === undefined ? null : instantToMs(window.end, 'window.end')
  if (start !== null && end !== null && start > end) {
    throw new KbackupError('KB_CONFIG_INVALID', {
      message: `the window is empty: it starts at ${start} and ends at ${end}`,
      hint: 'both ends are inclusive epoch milliseconds; swap them, or leave one out',
      details: { start, end },
    })
  }
  return { start, end }
}

function readRestoreId(restoreId: string | undefined): string | null {
  if (restoreId === undefined) return null
  assertRestoreId(restoreId)
  return restoreId
}

/** A restore that is named to go on with is no new one. */
function assertOneWay({ restoreId, newRestoreId, startNew }: Omit<RestoreOptions, 'storage' | 'target'>): void {
  if (restoreId === undefined || (newRestoreId === undefined && startNew !== true)) return
  throw new KbackupError('KB_USAGE', {
    message: `restore ${restoreId} is to be gone on with, and a new one is to be begun`,
    hint: 'give the id of the restore to go on with, or ask for a new one, not both',
    details: { restoreId },
  })
}

function readRename(rename: RestoreOptions['rename']): (topic: string) => string {
  if (rename === undefined) return (topic) => topic
  if (typeof rename === 'function') return rename
  const targets = new Map(Object.entries(rename))
  return (topic) => targets.get(topic) ?? topic
}

function readCount(value: number | undefined, name: string): number | null {
  if (value === undefined) return null
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `${name} is ${value}`,
    hint: 'give a whole number above 0, or leave it out',
  })
}
