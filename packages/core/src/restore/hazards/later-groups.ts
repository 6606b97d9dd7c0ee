import type { CaptureReference } from '../../archive/archive-state.ts'
import { isoTime } from '../../config/iso-time.ts'
import type { Hazard } from '../restore-plan.ts'
import { advice } from './remedy.ts'

/** A group of which the archive knows positions from a moment on that lies behind the end of the window. */
export interface LaterGroup {
  readonly groupId: string
  /** When it was first captured behind the end. */
  readonly knownFromMs: bigint
}

/** Those of the groups that captures behind the end of the window hold, each with the first of these. */
export function laterGroups(
  groupIds: readonly string[],
  { captures, end }: { readonly captures: readonly CaptureReference[]; readonly end: bigint | null },
): readonly LaterGroup[] {
  if (end === null) return []
  const behind = captures.filter(({ observedAtMs }) => observedAtMs > end)
  return groupIds.flatMap((groupId) => {
    const first = behind.find((capture) => capture.groupIds.includes(groupId))
    return first === undefined ? [] : [{ groupId, knownFromMs: first.observedAtMs }]
  })
}

/** Warns of groups that had no known position at the end of the window: they are left as they are. */
export function findLaterGroups(groups: readonly LaterGroup[], end: bigint | null): readonly Hazard[] {
  return groups.map(({ groupId, knownFromMs }) => ({
    code: 'KB_HAZARD_GROUP_POSITION' as const,
    blocks: false,
    message:
      `the archive knows no position of consumer group ${groupId}${end === null ? '' : ` at ${isoTime(end)}`}: it is left as it ` +
      `is, and was first captured at ${isoTime(knownFromMs)}`,
    remedies: [advice(`end the window at ${isoTime(knownFromMs)} or later`), advice('leave the group out')],
    details: { groupId, knownFromMs },
  }))
}
