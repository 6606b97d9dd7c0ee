import { openArchive } from '../archive/open-archive.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { streamDifferences } from '../restore/journaled-difference.ts'
import type { KnownRestore } from '../restore/restore-history.ts'
import { type RestoreRequest, readRestoreOptions } from '../restore/restore-request.ts'
import { type SelectedTopic, selectStreams } from '../restore/stream-selection.ts'
import type { ResetPlace } from './reset-journal.ts'
import type { RestoredSelection } from './reset-options.ts'

const SHOWN_RESTORES = 5

interface SelectionPlace extends ResetPlace {
  readonly signal?: AbortSignal | undefined
}

/**
 * The newest restore that sent the same partitions to the same places, whatever its window was. One that went elsewhere is
 * passed by; one that wrote other things into one of the same topics is not, because it may have replaced what was there.
 *
 * @param known those into the cluster, newest first
 * @throws KbackupError `KB_USAGE` where none is finished, with what differs from the restore that comes closest, and with
 * an unfinished one that is like that
 */
export async function newestLike(
  restored: RestoredSelection,
  known: readonly KnownRestore[],
  place: SelectionPlace,
): Promise<KnownRestore> {
  const request = readRestoreOptions({ backupId: place.backupId, ...restored })
  const others: OtherRestore[] = []
  for (const restore of known.filter(({ isFinished }) => isFinished)) {
    const other = await compareWith(restore, request, place)
    if (other.differences.length === 0) return restore
    others.push(other)
    if (other.sharesTarget) break
  }
  throw noneLike({ others, known, unfinished: await unfinishedLike(known, request, place) }, place)
}

interface OtherRestore {
  readonly restore: KnownRestore
  readonly differences: readonly string[]
  /** Whether it wrote into a topic that is meant as well. */
  readonly sharesTarget: boolean
}

async function compareWith(
  restore: KnownRestore,
  request: RestoreRequest,
  { store, backupId, signal }: SelectionPlace,
): Promise<OtherRestore> {
  const { commit } = restore.begin.identity
  const { state } = await openArchive(store, backupId, { commit: commit.sequence, expect: commit, signal })
  try {
    const selected = selectStreams(state, request)
    const differences = streamDifferences(restore.begin, selected)
    return { restore, differences, sharesTarget: sharesTarget(restore, selected) }
  } catch (error) {
    // What is selected now may not have been in the archive then.
    if (!KbackupError.is(error, 'KB_TOPIC_NOT_FOUND', 'KB_NO_TOPICS_MATCHED')) throw error
    return { restore, differences: [`when it was begun, ${error.message}`], sharesTarget: false }
  }
}

function sharesTarget({ begin }: KnownRestore, selected: readonly SelectedTopic[]): boolean {
  const targets = new Set(selected.map(({ target }) => target))
  return begin.streams.some(({ target }) => targets.has(target.topic))
}

/** The newest restore that is like that and was not run to its end. */
async function unfinishedLike(
  known: readonly KnownRestore[],
  request: RestoreRequest,
  place: SelectionPlace,
): Promise<KnownRestore | undefined> {
  for (const restore of known.filter(({ isFinished }) => !isFinished)) {
    const { differences } = await compareWith(restore, request, place)
    if (differences.length === 0) return restore
  }
  return undefined
}

interface ComparedRestores {
  /** Finished ones, newest first. */
  readonly others: readonly OtherRestore[]
  readonly known: readonly KnownRestore[]
  readonly unfinished: KnownRestore | undefined
}

function noneLike({ others, known, unfinished }: ComparedRestores, { backupId }: SelectionPlace): KbackupError {
  const closest = others.find(({ sharesTarget }) => sharesTarget) ?? others[0]
  const restoreId = closest?.restore.restoreId ?? null
  const differences = closest?.differences ?? []
  const finished = known.filter(({ isFinished }) => isFinished).map((restore) => restore.restoreId)
  const goOn =
    unfinished === undefined
      ? ''
      : `restore ${unfinished.restoreId} fits and is unfinished: run it to its end first; otherwise `
  return new KbackupError('KB_USAGE', {
    message: `no finished restore of ${backupId} fits these options; restore ${restoreId}: ${differences.join('; ')}`,
    hint: `${goOn}say which restore is meant with restoreId (${choicesText(finished, restoreId)}), or give the options that it was run with`,
    details: { backupId, restoreId, differences, known: finished, unfinished: unfinished?.restoreId ?? null },
  })
}

/** The newest restores and the closest one: `r9, r8, r7, r6, r5, r1 and 3 older`. */
function choicesText(finished: readonly string[], closest: string | null): string {
  const shown = finished.filter((restoreId, index) => index < SHOWN_RESTORES || restoreId === closest)
  const others = finished.length - shown.length
  return `${shown.join(', ')}${others === 0 ? '' : ` and ${others} older`}`
}
