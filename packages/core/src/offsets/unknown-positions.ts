import type { CaptureReference } from '../archive/archive-state.ts'
import { groupBy } from '../collections/group-by.ts'
import { isoTime } from '../config/iso-time.ts'

const SHOWN_GROUPS = 5

/** Groups without a known position, and the archive and the moment that were asked; `null`: the newest one. */
export interface UnknownPositions {
  readonly backupId: string
  readonly groupIds: readonly string[]
  readonly atMs: bigint | null
}

/** ``the archive payments knows no position of `billing`, `shipping` at 2026-11-20T14:29:59.999Z`` */
export function unknownPositionsText({ backupId, groupIds, atMs }: UnknownPositions): string {
  const names = groupIds.map((groupId) => `\`${groupId}\``)
  const more = names.length > SHOWN_GROUPS ? ` and ${names.length - SHOWN_GROUPS} more` : ''
  const moment = atMs === null ? '' : ` at ${isoTime(atMs)}`
  return `the archive ${backupId} knows no position of ${names.slice(0, SHOWN_GROUPS).join(', ')}${more}${moment}`
}

/** When such groups were captured with a position: from which moment on, or from when to when. */
export function capturedWhenText(captures: readonly CaptureReference[], { groupIds, atMs }: UnknownPositions): string {
  const times = groupBy(groupIds.slice(0, SHOWN_GROUPS), (groupId) => {
    const own = captures.filter((capture) => capture.groupIds.includes(groupId))
    return timesText(own, atMs)
  })
  return [...times].map(([text, own]) => `positions of ${own.join(', ')} were ${text}`).join('; ')
}

function timesText(captures: readonly CaptureReference[], atMs: bigint | null): string {
  const [first, last] = [captures[0], captures.at(-1)]
  if (first === undefined || last === undefined) return 'never captured'
  if (atMs !== null && first.observedAtMs > atMs)
    return `first captured at ${isoTime(first.observedAtMs)}: give that moment or a later one`
  return `captured from ${isoTime(first.observedAtMs)} to ${isoTime(last.observedAtMs)}`
}
