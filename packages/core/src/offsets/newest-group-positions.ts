import type { CaptureReference } from '../archive/archive-state.ts'
import type { CapturedGroup, GroupCapture } from '../archive/commit.ts'
import type { ArchiveView } from '../archive/open-archive.ts'
import type { GroupPositionAt, GroupPositions } from './group-positions.ts'

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
 * is asked for by name and was not there at the newest capture is looked for in those before.
 */
export async function newestGroupPositions(
  view: ArchiveView,
  { groupIds, signal }: NewestPositionsRequest,
): Promise<GroupPositions> {
  const wanted = wantedCaptures(view.state.captures, groupIds)
  const positions: GroupPositionAt[] = []
  for (const [reference, groups] of wanted) {
    const capture = await view.readCapture(reference, { signal })
    positions.push(
      ...capture.groups.filter(({ groupId }) => groups.has(groupId)).flatMap((it) => positionsOf(it, capture)),
    )
  }
  const atMs = view.state.captures.at(-1)?.observedAtMs ?? 0n
  return { atMs, positions, hiddenPartitions: [], unknownKeys: new Map() }
}

function wantedCaptures(
  captures: readonly CaptureReference[],
  groupIds: readonly string[] | undefined,
): ReadonlyMap<CaptureReference, ReadonlySet<string>> {
  const newestFirst = captures.toReversed()
  const wanted = new Map<CaptureReference, Set<string>>()
  for (const groupId of groupIds ?? newestFirst[0]?.groupIds ?? []) {
    const capture = newestFirst.find((each) => each.groupIds.includes(groupId))
    if (capture !== undefined) wanted.set(capture, (wanted.get(capture) ?? new Set()).add(groupId))
  }
  return wanted
}

function positionsOf({ groupId, offsets }: CapturedGroup, { observedAtMs }: GroupCapture): readonly GroupPositionAt[] {
  return offsets.map((offset) => ({ ...offset, groupId, kind: 'exact', observedAtMs, source: 'capture', next: null }))
}
