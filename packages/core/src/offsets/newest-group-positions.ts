import type { CaptureReference } from '../archive/archive-state.ts'
import type { CapturedGroup, GroupCapture } from '../archive/commit.ts'
import type { ArchiveView } from '../archive/open-archive.ts'
import { comparePositions, type GroupPositionAt, type GroupPositions } from './group-positions.ts'

/** Which groups are asked for. */
export interface NewestPositionsRequest {
  /** All groups of the newest capture where absent. */
  readonly groupIds: readonly string[] | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Where groups were when they were last captured: what their coordinators said, without comparing any clocks.
 *
 * A capture is taken before the ends of the data are frozen, so these positions lie within what is archived. A group that
 * could not be read at the newest capture, or is asked for by name and was not there, is looked for in those before; the
 * former may have moved since.
 */
export async function newestGroupPositions(
  view: ArchiveView,
  { groupIds, signal }: NewestPositionsRequest,
): Promise<GroupPositions> {
  const wanted = wantedCaptures(view.state.captures, groupIds)
  const unread = new Set(view.state.captures.at(-1)?.unread)
  const positions: GroupPositionAt[] = []
  for (const [reference, groups] of wanted) {
    const capture = await view.readCapture(reference, { signal })
    positions.push(
      ...capture.groups
        .filter(({ groupId }) => groups.has(groupId))
        .flatMap((group) => positionsOf(group, { capture, mayHaveMoved: unread.has(group.groupId) })),
    )
  }
  const atMs = view.state.captures.at(-1)?.observedAtMs ?? 0n
  return { atMs, positions: positions.sort(comparePositions), hiddenPartitions: [], unknownKeys: new Map() }
}

function wantedCaptures(
  captures: readonly CaptureReference[],
  groupIds: readonly string[] | undefined,
): ReadonlyMap<CaptureReference, ReadonlySet<string>> {
  const newestFirst = captures.toReversed()
  const wanted = new Map<CaptureReference, Set<string>>()
  const [newest] = newestFirst
  for (const groupId of groupIds ?? [...(newest?.groupIds ?? []), ...(newest?.unread ?? [])]) {
    const capture = newestFirst.find((each) => each.groupIds.includes(groupId))
    if (capture !== undefined) wanted.set(capture, (wanted.get(capture) ?? new Set()).add(groupId))
  }
  return wanted
}

function positionsOf(
  { groupId, offsets }: CapturedGroup,
  { capture, mayHaveMoved }: { readonly capture: GroupCapture; readonly mayHaveMoved: boolean },
): readonly GroupPositionAt[] {
  const { observedAtMs } = capture
  const kind = mayHaveMoved ? 'at-or-before' : 'exact'
  return offsets.map((offset) => ({ ...offset, groupId, kind, observedAtMs, source: 'capture', next: null }))
}
