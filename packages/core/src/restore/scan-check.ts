import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { ScannedTarget, TargetScan } from './target-scan.ts'

export interface ScanExpectation extends TargetScan {
  /** Whether the target may have dropped whole batches of ours: compaction does. */
  readonly mayHaveHoles: boolean
}

/**
 * Holds what was found in a target to what the protocol of restores promises: no record twice, and none missing in between.
 *
 * A broker takes any sequence from a producer of which it has nothing, so that an unclean election that loses all of a
 * stream while batches are under way leaves a stream without its beginning: nothing can be put before it any more.
 *
 * @throws KbackupError `KB_RESTORE_UNVERIFIED`
 */
export function assertOnceAndWhole(found: ScannedTarget, expected: ScanExpectation): void {
  const { target, mayHaveHoles, fromOffset } = expected
  // What the target has deleted from the start of its log is not a hole.
  let isHoleAllowed = mayHaveHoles || found.startOffset > fromOffset
  let next = expected.nearOrdinal
  for (const { firstOrdinal, count, targetFirst } of found.runs) {
    if (firstOrdinal < next) throw twice(target, { ordinal: firstOrdinal, offset: targetFirst })
    if (firstOrdinal > next && !isHoleAllowed) throw lost(target, { from: next, to: firstOrdinal })
    isHoleAllowed = mayHaveHoles
    next = firstOrdinal + count
  }
}

function twice(target: TopicPartition, { ordinal, offset }: { readonly ordinal: number; readonly offset: bigint }) {
  return new KbackupError('KB_RESTORE_UNVERIFIED', {
    message: `target ${partitionName(target)} holds records of this restore twice: record ${ordinal} stands again at offset ${offset}`,
    hint: 'restore into a new topic, or with existing_topics: recreate; and please report this',
    details: { ...target, ordinal, offset },
  })
}

function lost(target: TopicPartition, { from, to }: { readonly from: number; readonly to: number }) {
  return new KbackupError('KB_RESTORE_UNVERIFIED', {
    message: `target ${partitionName(target)} has lost records ${from} to ${to - 1} of this restore, which it had acknowledged`,
    hint: 'nothing can be put before what stands there: restore into a new topic, or with existing_topics: recreate',
    details: { ...target, from, to },
  })
}
