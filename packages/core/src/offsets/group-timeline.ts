import type { CallOptions } from '../kafka/kafka-cluster.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import { type HiddenOffsets, type HiddenOffsetsOptions, HiddenOffsetsTracker } from './hidden-offsets.ts'
import { type OffsetsLog, type OffsetsLogEvent, offsetsLogEvents } from './offsets-log.ts'
import { type CommittedPosition, type GroupPartition, readOffsetsTopicRecord } from './offsets-topic-record.ts'
import { PendingTransactions } from './pending-transactions.ts'

/** A position that took effect, or, with `null`, ended. */
export interface PositionEffect {
  /** Of the record that states it: among what is visible, the greatest one counts (KAFKA-4682, KIP-447). */
  readonly recordOffset: bigint
  /** Of the record itself, or of the marker that committed its transaction. */
  readonly effectOffset: bigint
  readonly effectiveAtMs: bigint
  readonly position: CommittedPosition | null
}

/** What one log says of one position, seen from one moment T. */
export interface PositionTrail {
  readonly key: GroupPartition
  /** What counted at T, of what was read. */
  current: PositionEffect | undefined
  /** The first effect after T. */
  next: PositionEffect | undefined
}

/** How {@link readGroupTimeline} reads a log. */
export interface GroupTimelineOptions extends CallOptions, HiddenOffsetsOptions {
  /** Groups of which nothing is kept are passed over. */
  readonly includesGroup: (groupId: string) => boolean
}

/** The positions that one log tells of, and where it may hide more; as large as there are positions, not as records. */
export interface GroupTimeline {
  /** By group, then by {@link partitionName}. */
  readonly trails: ReadonlyMap<string, ReadonlyMap<string, PositionTrail>>
  readonly hidden: HiddenOffsets
  /** Records of key versions that hold no positions as far as is known, by version. */
  readonly unknownKeys: ReadonlyMap<number, number>
}

/** Reads one log from front to back, and keeps of each position what counted at T and what came next. */
export async function readGroupTimeline(log: OffsetsLog, options: GroupTimelineOptions): Promise<GroupTimeline> {
  const timeline = new TimelineBuilder(options)
  for await (const event of offsetsLogEvents(log, options)) timeline.add(event)
  return timeline.end(log)
}

class TimelineBuilder {
  readonly #options: GroupTimelineOptions
  readonly #trails = new Map<string, Map<string, PositionTrail>>()
  readonly #unknownKeys = new Map<number, number>()
  readonly #pending = new PendingTransactions()
  readonly #hidden: HiddenOffsetsTracker

  constructor(options: GroupTimelineOptions) {
    this.#options = options
    this.#hidden = new HiddenOffsetsTracker(options)
  }

  add(event: OffsetsLogEvent): void {
    if (event.type !== 'hole') this.#hidden.seen(event.timestamp)
    if (event.type === 'hole') this.#addHole(event.offset, event.nextOffset)
    else if (event.type === 'marker') this.#addMarker(event)
    else this.#addRecord(event)
  }

  end(log: OffsetsLog): GroupTimeline {
    const hidden = this.#hidden.end(log.nextOffset, log.completeAtMs)
    return { trails: this.#trails, hidden, unknownKeys: this.#unknownKeys }
  }

  #addHole(offset: bigint, nextOffset: bigint): void {
    this.#hidden.hole(offset, nextOffset)
    this.#pending.hole()
  }

  #addRecord({ offset, timestamp, producerId, key, value }: Extract<OffsetsLogEvent, { type: 'record' }>): void {
    const said = readOffsetsTopicRecord(key, value)
    if (said.type === 'group') return
    if (said.type === 'skipped') {
      if (said.reason === 'unknown-key') count(this.#unknownKeys, said.keyVersion)
      else this.#addHole(offset, offset + 1n)
      return
    }
    if (!this.#options.includesGroup(said.key.groupId)) return
    const { key: owner, position } = said
    if (producerId !== null) this.#pending.add(producerId, { key: owner, recordOffset: offset, position })
    else this.#apply(owner, { recordOffset: offset, effectOffset: offset, effectiveAtMs: timestamp, position })
  }

  #addMarker({ offset, timestamp, producerId, outcome }: Extract<OffsetsLogEvent, { type: 'marker' }>): void {
    const { records, complete } = this.#pending.end(producerId)
    if (outcome === 'abort') return
    if (!complete) this.#hidden.doubtfulMarker(offset, timestamp)
    for (const { key, recordOffset, position } of records) {
      this.#apply(key, { recordOffset, effectOffset: offset, effectiveAtMs: timestamp, position })
    }
  }

  #apply(key: GroupPartition, effect: PositionEffect): void {
    const trail = this.#trailOf(key)
    if (effect.effectiveAtMs > this.#options.atMs) {
      trail.next ??= effect
      return
    }
    if (trail.current === undefined || effect.recordOffset > trail.current.recordOffset) trail.current = effect
  }

  #trailOf(key: GroupPartition): PositionTrail {
    const group = ensure(this.#trails, key.groupId, () => new Map<string, PositionTrail>())
    const start = (): PositionTrail => ({ key, current: undefined, next: undefined })
    return ensure(group, partitionName(key satisfies TopicPartition), start)
  }
}

function ensure<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const created = create()
  map.set(key, created)
  return created
}

function count(counts: Map<number, number>, version: number): void {
  counts.set(version, (counts.get(version) ?? 0) + 1)
}
