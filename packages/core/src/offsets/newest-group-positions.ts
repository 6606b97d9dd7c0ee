import type { CaptureReference } from '../archive/archive-state.ts'
import type { CapturedGroup, GroupCapture } from '../archive/commit.ts'
import type { ArchiveView } from '../archive/open-archive.ts'
import { comparePositions, type GroupPositionAt, type GroupPositions } from './group-positions.ts'
import { offsetsTopicPartition } from './offsets-topic-partition.ts'
import { OFFSETS_TOPIC } from './offsets-topic-record.ts'

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
  const newest = view.state.captures.at(-1)
  if (newest === undefined) return { atMs: 0n, positions: [], hiddenPartitions: [], unknownKeys: new Map() }
  const newestCapture = await view.readCapture(newest, { signal })
  const unread = new Set(newest.unread)
  const positions: GroupPositionAt[] = []
  for (const [reference, groups] of wantedCaptures(view.state.captures, groupIds)) {
    const capture = reference === newest ? newestCapture : await view.readCapture(reference, { signal })
    positions.push(
      ...capture.groups
        .filter(({ groupId }) => groups.has(groupId))
        .flatMap((group) => positionsOf(group, { capture, mayHaveMoved: unread.has(group.groupId) })),
    )
  }
  return {
    atMs: newest.observedAtMs,
    positions: positions.sort(comparePositions),
    hiddenPartitions: silentPartitions(newestCapture, view.state.topics.get(OFFSETS_TOPIC)?.partitionCount ?? 0),
    unknownKeys: new Map(),
  }
}

/** Partitions whose coordinator may not have told of all its groups: those that are new since are not even unread. */
function silentPartitions({ offsetsTopicEnds, unread }: GroupCapture, partitionCount: number): readonly number[] {
  if (partitionCount === 0) return []
  const told = new Set(offsetsTopicEnds.map(({ partition }) => partition))
  const silent = new Set(unread.map((groupId) => offsetsTopicPartition(groupId, partitionCount)))
  const isSilent = (_: unknown, partition: number) => silent.has(partition) || (told.size > 0 && !told.has(partition))
  // Without any end the topic may not be described, which says nothing of its coordinators.
  return Array.from({ length: partitionCount }, isSilent).flatMap((is, partition) => (is ? [partition] : []))
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
