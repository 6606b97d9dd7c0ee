import type { LineageState } from '../archive/archive-state.ts'
import type { Gap, PartitionLineage, Precondition } from '../archive/commit.ts'
import type { PartitionObservation } from './partition-observation.ts'

/** What a run has to do for one partition, from where the archive ends to where the source is stable. */
export interface PartitionTask extends PartitionLineage {
  /** The broker that leads it when the run begins: only for dividing work. */
  readonly leader: number
  /**
   * Whether transactions are kept as they are, markers and aborted ones included; else as a read_committed consumer
   * sees them.
   */
  readonly keepsTransactions: boolean
  /** Whether brokers keep a part of the log in remote storage (KIP-405). */
  readonly isTiered: boolean
  /** What brokers let a batch of it have, `max.message.bytes`; older ones may be larger. */
  readonly maxBatchBytes: number
  /** Set where the run begins a lineage; otherwise it goes on with the newest one. */
  readonly starts: LineageState['reason'] | null
  /** What must be true of the archive for this task to be right. */
  readonly expected: Extract<Precondition, { readonly type: 'partition-at' }>
  /** What is missing between the archive and the start of the log. */
  readonly gap: Gap | null
  /** The first offset to read. */
  readonly fromOffset: bigint
  /** The first offset not to read; frozen for the run. */
  readonly stopOffset: bigint
  /** What a gap in this partition is put down to. */
  readonly lossReason: 'retention' | 'deleted-records'
  readonly observation: PartitionObservation
}

/** What decides over the task of a partition. */
export interface PartitionFacts {
  readonly topicId: string
  readonly leader: number
  readonly keepsTransactions: boolean
  readonly isTiered: boolean
  readonly maxBatchBytes: number
  readonly observation: PartitionObservation
  /** The newest lineage in the archive, if any. */
  readonly archived: LineageState | undefined
  /** Where the log of the source ends that part of its history which the archive holds; `null` where that is not known. */
  readonly sharedEndOffset: bigint | null
  /** Why offsets below the log start are gone, if they are. */
  readonly lossReason: 'retention' | 'deleted-records'
}

/**
 * Decides how a partition goes on.
 *
 *     archive      [ … lineage 0 … ) next
 *     same log     start ────────────────●────── stop      go on at next
 *     expired                            next  ( gap ) start ── stop
 *     diverged     start ────● shared end                  lineage 1 from the shared end
 *     recreated    start ── stop, under another topic id   lineage 1 from its start
 */
export function partitionTask(facts: PartitionFacts): PartitionTask {
  const { archived, topicId } = facts
  if (archived === undefined)
    return newLineage(facts, { reason: 'first', fromOffset: facts.observation.logStartOffset })
  if (archived.topicId !== topicId) {
    return newLineage(facts, { reason: 'topic-recreated', fromOffset: facts.observation.logStartOffset })
  }
  const divergence = divergenceOffset(facts, archived)
  if (divergence !== null) return newLineage(facts, { reason: 'truncated', fromOffset: divergence })
  return nextRun(facts, archived)
}

/**
 * The offset from which on the source differs from what the archive holds; `null` where it does not.
 *
 * Without leader epochs only a log that is too short tells; then nothing of it is known to be shared, and all is read.
 */
function divergenceOffset(
  { observation, sharedEndOffset }: PartitionFacts,
  { nextOffset }: LineageState,
): bigint | null {
  const { logStartOffset, lastStableOffset } = observation
  if (logStartOffset > nextOffset) return null
  if (sharedEndOffset !== null) return sharedEndOffset < nextOffset ? larger(sharedEndOffset, logStartOffset) : null
  return lastStableOffset < nextOffset ? logStartOffset : null
}

function newLineage(
  facts: PartitionFacts,
  { reason, fromOffset }: { readonly reason: LineageState['reason']; readonly fromOffset: bigint },
): PartitionTask {
  const lineage = facts.archived === undefined ? 0 : facts.archived.lineage + 1
  return { ...common(facts, lineage), starts: reason, gap: null, ...extent(facts, fromOffset) }
}

function nextRun(facts: PartitionFacts, { lineage, nextOffset }: LineageState): PartitionTask {
  const { logStartOffset } = facts.observation
  const identity = common(facts, lineage)
  const gap: Gap | null =
    logStartOffset > nextOffset
      ? { ...lineageOf(identity), startOffset: nextOffset, nextOffset: logStartOffset, reason: facts.lossReason }
      : null
  return { ...identity, starts: null, gap, ...extent(facts, larger(nextOffset, logStartOffset)) }
}

function common(facts: PartitionFacts, lineage: number) {
  const { observation, topicId, leader, keepsTransactions, isTiered, maxBatchBytes, lossReason } = facts
  const { topic, partition } = observation
  const expected = expectation(facts)
  const reading = { leader, keepsTransactions, isTiered, maxBatchBytes, lossReason }
  return { topic, partition, topicId, lineage, ...reading, observation, expected }
}

function expectation({ archived, topicId, observation }: PartitionFacts): PartitionTask['expected'] {
  const { topic, partition } = observation
  if (archived === undefined) return { type: 'partition-at', topic, partition, topicId, lineage: -1, nextOffset: -1n }
  const { lineage, nextOffset } = archived
  return { type: 'partition-at', topic, partition, topicId: archived.topicId, lineage, nextOffset }
}

/** A last stable offset below the start is that of a leader which has yet to hear of its followers: nothing to read now. */
function extent({ observation }: PartitionFacts, fromOffset: bigint) {
  return { fromOffset, stopOffset: larger(observation.lastStableOffset, fromOffset) }
}

/** The four fields that name a lineage, and no more. */
export function lineageOf({ topic, partition, topicId, lineage }: PartitionLineage): PartitionLineage {
  return { topic, partition, topicId, lineage }
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right
}
