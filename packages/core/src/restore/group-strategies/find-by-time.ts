import { KbackupError } from '../../errors/kbackup-error.ts'
import { refusalCode } from '../../kafka/forbidden.ts'
import type { OffsetAnswer } from '../../kafka/kafka-topics.ts'
import { partitionName } from '../../kafka/topic-partition.ts'
import { firstUnread } from '../../offsets/copied-run.ts'
import type { OffsetMapStream, OffsetTranslation } from '../../offsets/offset-map.ts'
import type { RestoreContext } from '../restore-context.ts'
import { nextRecord } from './next-record.ts'
import type { StreamPositions } from './position-finder.ts'

/**
 * Looks for positions by time: at the first record of the target that is not older than the one the group was to read next.
 * That one is not older than itself, so no record is missed, whatever the order of their times.
 *
 * ```
 * source offset    10    11    12    13      the group was to read 12, of 14:05
 * time          14:02 14:05 14:05 14:04
 * target offset     0     1     2     3      1 is the first of 14:05 or later: 11 is read again
 * ```
 */
export async function findByTime(
  context: RestoreContext,
  { anchored, facts, offsets }: StreamPositions,
): Promise<ReadonlyMap<bigint, OffsetTranslation>> {
  const found = new Map<bigint, OffsetTranslation>()
  for (const offset of offsets) {
    if (offset > facts.archived.nextOffset) continue
    const record = await nextRecord(context, anchored, firstUnread(facts.copies, offset))
    found.set(offset, record === undefined ? endOf(facts) : await firstSince(context, facts, record.timestamp))
  }
  return found
}

function endOf({ target, targetEnd }: OffsetMapStream): OffsetTranslation {
  return { kind: 'end', target: { ...target, offset: targetEnd } }
}

async function firstSince(
  { cluster, signal }: RestoreContext,
  facts: OffsetMapStream,
  timestamp: bigint,
): Promise<OffsetTranslation> {
  const { target, targetStart, targetEnd } = facts
  const [answer] = await cluster.listOffsets([{ ...target, at: { timestamp } }], { signal })
  const offset = offsetOf(facts, answer)
  if (offset < 0n || offset > targetEnd) return endOf(facts)
  // What stood there before the restore is none of it.
  return { kind: 'found', target: { ...target, offset: offset < targetStart ? targetStart : offset } }
}

function offsetOf({ target }: OffsetMapStream, answer: OffsetAnswer | undefined): bigint {
  if (answer !== undefined && answer.error === undefined) return answer.offset
  throw new KbackupError(refusalCode(answer?.error), {
    message: `target partition ${partitionName(target)} does not say where a time begins: ${answer?.error?.name ?? 'no answer'}`,
    hint: 'look at its leader, then run the same restore again; its records are restored',
    retryable: answer?.error?.retriable ?? false,
  })
}
