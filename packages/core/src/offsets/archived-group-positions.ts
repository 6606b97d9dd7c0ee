import type { CaptureReference } from '../archive/archive-state.ts'
import type { ArchiveView } from '../archive/open-archive.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { archivedOffsetsLogs } from './archived-offsets-log.ts'
import { type AnchoredCapture, anchorCapture } from './group-captures.ts'
import { type GroupPositions, groupPositionsAt } from './group-positions.ts'
import { newestGroupPositions } from './newest-group-positions.ts'
import { offsetsTopicPartition } from './offsets-topic-partition.ts'
import { OFFSETS_TOPIC } from './offsets-topic-record.ts'

export interface ArchivedPositionsRequest extends CallOptions {
  readonly store: BlobStore
  /** T in epoch milliseconds; where absent, the newest capture is the answer. */
  readonly atMs?: bigint | undefined
  /** All groups where absent. */
  readonly groupIds?: readonly string[] | undefined
}

/**
 * Where consumer groups were at T, by all that an archive holds: the offsets topic where it was read, and captures.
 *
 * @throws KbackupError `KB_ARCHIVE_DAMAGED`
 */
export async function archivedGroupPositions(
  view: ArchiveView,
  request: ArchivedPositionsRequest,
): Promise<GroupPositions> {
  const { store, signal, groupIds, atMs } = request
  if (atMs === undefined) return newestGroupPositions(view, { groupIds, signal })
  const topic = view.state.topics.get(OFFSETS_TOPIC)
  const partitionCount = topic?.partitionCount ?? 0
  const isWanted = partitionFilter(groupIds, partitionCount)
  const named = groupIds === undefined ? undefined : new Set(groupIds)
  return groupPositionsAt({
    atMs,
    logs: topic === undefined ? [] : archivedOffsetsLogs(topic, isWanted, { store, signal }),
    partitionCount,
    captures: anchoredCaptures(view, capturesNear(view.state.captures, { atMs, named }), signal),
    includesGroup: named === undefined ? undefined : (groupId) => named.has(groupId),
    signal,
  })
}

/** All groups of which the archive's captures know. */
export function capturedGroupIds(view: Pick<ArchiveView, 'state'>): readonly string[] {
  return [...new Set(view.state.captures.flatMap(({ groupIds }) => groupIds))].sort()
}

function partitionFilter(groupIds: readonly string[] | undefined, partitionCount: number) {
  if (groupIds === undefined || partitionCount === 0) return () => true
  const wanted = new Set(groupIds.map((groupId) => offsetsTopicPartition(groupId, partitionCount)))
  return (partition: number) => wanted.has(partition)
}

interface Nearness {
  readonly atMs: bigint
  readonly named: ReadonlySet<string> | undefined
}

/** Of each group only the captures nearest to T on either side can matter: the others are not read. */
function capturesNear(captures: readonly CaptureReference[], { atMs, named }: Nearness): readonly CaptureReference[] {
  const nearest = new Set<CaptureReference>()
  const before = captures.filter(({ observedAtMs }) => observedAtMs <= atMs).toReversed()
  const after = captures.filter(({ observedAtMs }) => observedAtMs > atMs)
  for (const side of [before, after]) {
    const seen = new Set<string>()
    for (const capture of side) {
      const isNews = capture.groupIds.some((groupId) => !seen.has(groupId) && (named?.has(groupId) ?? true))
      if (isNews) nearest.add(capture)
      for (const groupId of capture.groupIds) seen.add(groupId)
    }
  }
  return captures.filter((capture) => nearest.has(capture))
}

async function* anchoredCaptures(
  view: ArchiveView,
  references: readonly CaptureReference[],
  signal: AbortSignal | undefined,
): AsyncGenerator<AnchoredCapture> {
  for (const { sequence } of references) {
    const { capture, cuts } = await view.readCommit(sequence, { signal })
    if (capture !== null) yield anchorCapture(capture, cuts)
  }
}
