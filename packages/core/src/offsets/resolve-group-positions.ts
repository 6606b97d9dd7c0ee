import type { GroupOffset } from '../kafka/kafka-groups.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { CapturedGroupView, NearestCaptures } from './group-captures.ts'
import type { GroupPositionAt, PositionObservation, PositionSource } from './group-positions.ts'
import type { GroupTimeline, PositionEffect, PositionTrail } from './group-timeline.ts'
import type { HiddenOffsets } from './hidden-offsets.ts'
import { offsetsTopicPartition } from './offsets-topic-partition.ts'

/** What is known of all groups. */
export interface GroupEvidence {
  readonly timelines: ReadonlyMap<number, GroupTimeline>
  readonly captures: ReadonlyMap<string, NearestCaptures>
  readonly partitionCount: number
}

/** A position as it was seen, with all that a commit says. */
interface Sighting {
  readonly observedAtMs: bigint
  readonly source: PositionSource
  readonly position: Pick<GroupOffset, 'offset' | 'leaderEpoch' | 'metadata'> | null
}

/** What is known of one position. */
interface PositionEvidence {
  readonly offsetsPartition: number
  readonly hidden: HiddenOffsets | undefined
  readonly trail: PositionTrail | undefined
  /** The group as the captures nearest to T show it. */
  readonly captures: readonly CapturedGroupView[]
  readonly earlier: Sighting | undefined
  readonly later: Sighting | undefined
}

/** The positions of one group at T. */
export function resolveGroup(groupId: string, evidence: GroupEvidence): readonly GroupPositionAt[] {
  const offsetsPartition = partitionOf(groupId, evidence)
  const timeline = evidence.timelines.get(offsetsPartition)
  const trails = timeline?.trails.get(groupId)
  const { before, after } = evidence.captures.get(groupId) ?? {}
  const partitions = new Map<string, TopicPartition>()
  for (const { key } of trails?.values() ?? []) partitions.set(partitionName(key), key)
  for (const [name, offset] of [before, after].flatMap((view) => [...(view?.offsets ?? [])])) {
    partitions.set(name, offset)
  }
  return [...partitions].flatMap(([name, { topic, partition }]) => {
    const trail = trails?.get(name)
    const captures = [before, after].filter((view) => view !== undefined)
    const [earlier, later] = [
      newest(sightingOf(trail?.current), capturedAs(before, name)),
      oldest(sightingOf(trail?.next), capturedAs(after, name)),
    ]
    const known = { offsetsPartition, hidden: timeline?.hidden, trail, captures, earlier, later }
    return positionAt({ groupId, topic, partition }, known)
  })
}

/** The log that has records of the group knows best; the hash of its id decides where none has. */
function partitionOf(groupId: string, { timelines, partitionCount }: GroupEvidence): number {
  if (partitionCount > 0) return offsetsTopicPartition(groupId, partitionCount)
  return [...timelines].find(([, { trails }]) => trails.has(groupId))?.[0] ?? -1
}

type PositionName = Pick<GroupPositionAt, 'groupId' | 'topic' | 'partition'>

function positionAt(name: PositionName, evidence: PositionEvidence): readonly GroupPositionAt[] {
  const exact = exactSighting(evidence, partitionName(name))
  if (exact !== undefined) return listed(name, exact, { kind: 'exact', next: null })
  const { earlier, later } = evidence
  const next = later === undefined ? null : observationOf(later)
  if (earlier?.position != null) return listed(name, earlier, { kind: 'at-or-before', next })
  return later === undefined ? [] : listed(name, later, { kind: 'at-or-after', next: null })
}

/**
 * What is certain, if anything is; a sighting without a position is certain absence.
 *
 * 1. The record that counted at T, if nothing behind it that may have taken effect by T was missed: what stands in
 *    front of it cannot count any more, whatever it was.
 * 2. No record at all, and nothing missed: there was no position.
 * 3. A capture, if nothing that moves the position can lie between the offset at which it was taken and T:
 *    neither effects that were read, nor any that were missed.
 */
function exactSighting({ hidden, trail, ...evidence }: PositionEvidence, name: string): Sighting | undefined {
  if (hidden === undefined) return undefined
  const current = trail?.current
  if (current !== undefined && current.recordOffset > hidden.lastByT) return sightingOf(current)
  if (current === undefined && hidden.lastByT < 0n) return { observedAtMs: 0n, source: OFFSETS_SOURCE, position: null }
  const capture = evidence.captures.find((view) => standsStill(view, evidence.offsetsPartition, { hidden, trail }))
  return capturedAs(capture, name)
}

interface LogEvidence {
  readonly hidden: HiddenOffsets
  readonly trail: PositionTrail | undefined
}

/**
 * Whether the position is the same at T as where the capture was taken, which is between the two ends of its anchor.
 *
 * Effects by T that were read behind the capture need no look: with nothing missed there, rule 1 has answered already.
 */
function standsStill(view: CapturedGroupView, offsetsPartition: number, { hidden, trail }: LogEvidence): boolean {
  const anchor = view.anchors.get(offsetsPartition)
  if (anchor === undefined || hidden.lastEffectByT >= anchor.startOffset) return false
  const firstAfterT = trail?.next?.effectOffset ?? anchor.nextOffset
  return hidden.firstEffectAfterT >= anchor.nextOffset && firstAfterT >= anchor.nextOffset
}

const OFFSETS_SOURCE = '__consumer_offsets'

function sightingOf(effect: PositionEffect | undefined): Sighting | undefined {
  if (effect === undefined) return undefined
  return { observedAtMs: effect.effectiveAtMs, source: OFFSETS_SOURCE, position: effect.position }
}

/** A group that was captured without the position did not have it. */
function capturedAs(view: CapturedGroupView | undefined, name: string): Sighting | undefined {
  if (view === undefined) return undefined
  return { observedAtMs: view.observedAtMs, source: 'capture', position: view.offsets.get(name) ?? null }
}

function newest(left: Sighting | undefined, right: Sighting | undefined): Sighting | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return right.observedAtMs > left.observedAtMs ? right : left
}

function oldest(left: Sighting | undefined, right: Sighting | undefined): Sighting | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return right.observedAtMs < left.observedAtMs ? right : left
}

function observationOf({ observedAtMs, source, position }: Sighting): PositionObservation {
  return { observedAtMs, source, offset: position?.offset ?? null }
}

function listed(
  name: PositionName,
  { observedAtMs, source, position }: Sighting,
  rest: Pick<GroupPositionAt, 'kind' | 'next'>,
): readonly GroupPositionAt[] {
  if (position === null) return []
  const { offset, leaderEpoch, metadata } = position
  return [{ ...name, offset, leaderEpoch, metadata, observedAtMs, source, ...rest }]
}
