import { type ErrorDetail, KbackupError } from '../errors/kbackup-error.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { Commit } from './commit.ts'
import type { Conflicts } from './preconditions.ts'

/** Remembers who else changed which partition while a writer was at work. */
export class ForeignWriters {
  readonly #ownId: string
  readonly #writers = new Map<string, string>()

  constructor(ownId: string) {
    this.#ownId = ownId
  }

  note(commit: Commit): void {
    const lineages = commit.catalog.filter((event) => event.type === 'lineage-started')
    for (const change of [...commit.sections, ...commit.gaps, ...lineages]) {
      this.#writers.set(partitionName(change), commit.writerId)
    }
  }

  /** Whether all these partitions were last changed by commits that bear our own id: those of a former life. */
  areGhosts(partitions: readonly string[]): boolean {
    return partitions.length > 0 && partitions.every((name) => this.#writers.get(name) === this.#ownId)
  }
}

const MAX_NAMES = 10

/** The error for a draft whose preconditions no longer hold. */
export function fencedError(backupId: string, conflicts: Conflicts, foreign: ForeignWriters): KbackupError {
  const { partitions, dropped, topics, keys } = conflicts
  const changed = partitions.filter((partition) => !dropped.includes(partition))
  const ghost = foreign.areGhosts(changed)
  if (dropped.length > 0 && changed.length + topics.length === 0) return droppedError(backupId, conflicts)
  const names = [
    ...partitions,
    ...topics.map((topic) => `topic ${topic}`),
    ...keys.filter(() => partitions.length === 0),
  ]
  return new KbackupError('KB_ARCHIVE_FENCED', {
    message: `another writer has changed ${fewOf(names)} in archive ${backupId}`,
    hint: ghost
      ? 'it was a late commit of this process before it was restarted: go on from where the archive is now'
      : 'let one process back up each partition; nothing was written, and the archive is sound',
    details: { backupId, partitions, dropped, topics, keys, ghost },
  })
}

/** Details have them all. */
function fewOf(names: readonly string[]): string {
  const rest = names.length - MAX_NAMES
  return rest <= 0 ? names.join(', ') : `${names.slice(0, MAX_NAMES).join(', ')} and ${rest} more`
}

function droppedError(backupId: string, { partitions, dropped, topics, keys }: Conflicts): KbackupError {
  return new KbackupError('KB_ARCHIVE_FENCED', {
    message: `a cleanup has dropped objects of ${fewOf(dropped)} from archive ${backupId} before they were committed`,
    hint: 'run it again: it stores them anew; let cleanups spare what is younger than a run',
    details: { backupId, partitions, dropped, topics, keys, ghost: false },
  })
}

/** What the writer of a fenced draft must leave to others. */
export interface FencedParts {
  /** As `orders/3`. */
  readonly partitions: ReadonlySet<string>
  /** Of the partitions, those that nobody else has changed: their objects were dropped, and may be stored anew. */
  readonly dropped: ReadonlySet<string>
  readonly topics: ReadonlySet<string>
  readonly error: KbackupError
}

/**
 * The partitions and topics that another writer has changed; `undefined` for any other error, and for our own late
 * commits.
 */
export function fencedParts(error: unknown): FencedParts | undefined {
  if (!KbackupError.is(error, 'KB_ARCHIVE_FENCED') || error.details.ghost === true) return undefined
  const { partitions, dropped, topics } = error.details
  return { partitions: namesIn(partitions), dropped: namesIn(dropped), topics: namesIn(topics), error }
}

function namesIn(detail: ErrorDetail | undefined): ReadonlySet<string> {
  return new Set(Array.isArray(detail) ? detail.map(String) : [])
}
