import type { ArchiveView } from '../archive/open-archive.ts'
import { selectTopics } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { capturedGroupIds } from '../offsets/archived-group-positions.ts'
import { capturedWhenText, unknownPositionsText } from '../offsets/unknown-positions.ts'
import { chooseGroupIds } from './group-choice.ts'

/** A moment of an archive, and the groups that have a known position at it. */
export interface GroupsMoment {
  readonly view: Pick<ArchiveView, 'backupId' | 'state'>
  /** `null`: the newest. */
  readonly atMs: bigint | null
  readonly known: readonly string[]
}

/**
 * The groups with a known position at a moment that are meant by names, globs and `~regex`; all where nothing is asked for.
 *
 * @throws KbackupError `KB_GROUP_NOT_FOUND` for a name or a pattern without a group, and for one whose groups have no known
 * position at the moment: the hint says when they have
 */
export function chooseGroupsAt(asked: readonly string[] | undefined, moment: GroupsMoment): readonly string[] {
  const { view, known } = moment
  const where = `the archive ${view.backupId}`
  const archived = [...new Set([...known, ...capturedGroupIds(view)])].sort()
  const meant = chooseGroupIds(asked, archived, where)
  const lacking =
    asked === undefined ? unlessAny(known, meant) : chooseGroupIds(unmatched(asked, known), archived, where)
  if (lacking.length > 0) throw positionsUnknownError(moment, lacking)
  return chooseGroupIds(asked, known, where)
}

/** Why an archive says nothing of groups at a moment; `undefined` where it does, or knows no groups at all. */
export function noPositionsAt(moment: GroupsMoment): KbackupError | undefined {
  const lacking = unlessAny(moment.known, capturedGroupIds(moment.view))
  return lacking.length === 0 ? undefined : positionsUnknownError(moment, lacking)
}

function unlessAny(known: readonly string[], others: readonly string[]): readonly string[] {
  return known.length === 0 ? others : []
}

function unmatched(asked: readonly string[], known: readonly string[]): readonly string[] {
  const groups = known.map((groupId) => ({ topic: groupId }))
  const { missingLiterals, unmatchedPatterns } = selectTopics(asked, groups)
  return [...missingLiterals, ...unmatchedPatterns]
}

function positionsUnknownError({ view, atMs, known }: GroupsMoment, groupIds: readonly string[]): KbackupError {
  const unknown = { backupId: view.backupId, groupIds, atMs }
  return new KbackupError('KB_GROUP_NOT_FOUND', {
    message: unknownPositionsText(unknown),
    hint: capturedWhenText(view.state.captures, unknown),
    details: { groups: groupIds, known },
  })
}
