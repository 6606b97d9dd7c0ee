import type { CaptureReference } from '../archive/archive-state.ts'
import type { CapturedGroup, GroupCapture, OffsetsTopicEnd } from '../archive/commit.ts'
import type { RunWarning } from '../events/run-warning.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { GroupListing, GroupOffsets } from '../kafka/kafka-groups.ts'
import type { BackupSettings } from './backup-options.ts'
import { listKnownGroups } from './group-listing.ts'
import { aboutGroup, groupWarning } from './group-warning.ts'
import type { SourceTopic } from './source-topics.ts'

/** What was captured of consumer groups, and which could not be. */
export interface CaptureResult {
  readonly capture: GroupCapture
  /** Whether the coordinators of all groups were there. */
  readonly isComplete: boolean
  readonly warnings: readonly RunWarning[]
}

/** Share groups keep no positions in partitions (KIP-932). */
const TYPES_WITHOUT_POSITIONS: ReadonlySet<string> = new Set(['share'])

/** What {@link captureGroups} goes by. */
export interface CaptureContext extends CallOptions {
  /** Where the ends of `__consumer_offsets` may be learned. */
  readonly offsetsTopic: SourceTopic | undefined
  /** The capture before, if there was one. */
  readonly previous: Pick<CaptureReference, 'groupIds' | 'unread'> | undefined
}

/**
 * Captures the positions of all groups, or of the named ones, each as its coordinator gives it.
 *
 * A group that cannot be read is a warning, and stands in `unread`, as long as nothing shows that it is gone; so is a
 * named one that does not exist.
 */
export async function captureGroups(
  { source, consumerGroups, environment }: BackupSettings,
  { offsetsTopic, previous, ...options }: CaptureContext,
): Promise<CaptureResult> {
  const offsetsTopicEnds = offsetsTopic === undefined ? [] : await endsOf(source, offsetsTopic, options)
  const startedAtMs = BigInt(environment.nowMs())
  const known = [...(previous?.groupIds ?? []), ...(previous?.unread ?? [])]
  const { listed, isComplete, warnings, ...missing } = await listKnownGroups(source, {
    known: known.filter((groupId) => isWanted(groupId, consumerGroups)),
    ...options,
  })
  const wanted = listed.filter(
    ({ groupId, type }) => isWanted(groupId, consumerGroups) && !TYPES_WITHOUT_POSITIONS.has(type),
  )
  const groupIds = wanted.map(idOf)
  const positions = wanted.length === 0 ? [] : await source.fetchGroupOffsets(groupIds, options)
  const observedAtMs = BigInt(environment.nowMs())
  const groups = wanted.flatMap((listing, index) => capturedGroup(listing, positions[index]))
  const unread = groupsWithout(groups, [...groupIds, ...missing.unread])
  return {
    capture: {
      startedAtMs,
      observedAtMs,
      offsetsTopicEnds,
      groups: groups.sort((left, right) => (left.groupId < right.groupId ? -1 : 1)),
      unread,
    },
    isComplete,
    warnings: [
      ...warnings,
      ...missingGroups(consumerGroups, [...listed.map(idOf), ...missing.unread]),
      ...positions.flatMap(groupWarning),
    ],
  }
}

function groupsWithout(captured: readonly CapturedGroup[], groupIds: readonly string[]): readonly string[] {
  const groups = new Set(groupIds)
  for (const { groupId } of captured) groups.delete(groupId)
  return [...groups].sort()
}

/** Without an end a capture only bounds, so that one which cannot be learned is left out. */
async function endsOf(
  source: KafkaCluster,
  { description: { topic, partitions } }: SourceTopic,
  options: CallOptions,
): Promise<readonly OffsetsTopicEnd[]> {
  // Without a leader there is nobody to ask, and waiting for one takes its time.
  const led = partitions.filter(({ leader }) => leader >= 0)
  const queries = led.map(({ partition }) => ({ topic, partition, at: 'latest' as const }))
  const answers = await source.listOffsets(queries, options)
  return answers.flatMap(({ partition, offset, error }) =>
    error === undefined ? [{ partition, highWatermark: offset }] : [],
  )
}

function isWanted(groupId: string, consumerGroups: BackupSettings['consumerGroups']): boolean {
  return consumerGroups === 'all' || (consumerGroups !== false && consumerGroups.includes(groupId))
}

function capturedGroup(
  { groupId, type, protocolType, state }: GroupListing,
  positions: GroupOffsets | undefined,
): readonly CapturedGroup[] {
  if (positions === undefined || positions.error !== undefined) return []
  return [{ groupId, type, protocolType, state, offsets: positions.offsets }]
}

function idOf({ groupId }: GroupListing): string {
  return groupId
}

function missingGroups(
  consumerGroups: BackupSettings['consumerGroups'],
  groupIds: readonly string[],
): readonly RunWarning[] {
  if (consumerGroups === 'all' || consumerGroups === false) return []
  const known = new Set(groupIds)
  return consumerGroups
    .filter((groupId) => !known.has(groupId))
    .map((groupId) => aboutGroup(groupId, 'does not exist, or may not be seen'))
}
