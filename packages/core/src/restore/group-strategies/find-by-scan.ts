import { firstUnread } from '../../offsets/copied-run.ts'
import type { OffsetTranslation } from '../../offsets/offset-map.ts'
import { OffsetMapBuilder, type OffsetMapStreamBuilder } from '../../offsets/offset-map-builder.ts'
import { originalOffsetOf } from '../original-headers.ts'
import type { RestoreContext } from '../restore-context.ts'
import { streamStart } from '../stream-progress.ts'
import { OrderedRecords } from '../verification/ordered-records.ts'
import { targetBatches } from '../verification/target-batches.ts'
import { digestOf, nextRecord } from './next-record.ts'
import type { StreamPositions } from './position-finder.ts'

type Cursor = NonNullable<OrderedRecords['cursor']>

/** Looks for positions by reading what stands in the target. */
export function findByScan(
  context: RestoreContext,
  wanted: StreamPositions,
): Promise<ReadonlyMap<bigint, OffsetTranslation>> {
  return context.originalHeaders ? byOriginalOffset(context, wanted) : byContent(context, wanted)
}

/** A map made of the offsets that the records themselves carry. */
async function byOriginalOffset(
  context: RestoreContext,
  wanted: StreamPositions,
): Promise<ReadonlyMap<bigint, OffsetTranslation>> {
  const { facts, offsets } = wanted
  const builder = new OffsetMapBuilder()
  const stream = builder.stream(facts)
  await scan(context, wanted, (cursor) => addOriginal(stream, cursor, wanted))
  stream.endsAt(facts.targetEnd)
  const map = builder.build()
  return new Map(offsets.map((offset) => [offset, map.translate({ ...facts.source, offset })]))
}

function addOriginal(stream: OffsetMapStreamBuilder, cursor: Cursor, { facts: { source } }: StreamPositions): void {
  const offset = originalOffsetOf(cursor, source)
  if (offset !== undefined) stream.add({ sourceFirst: offset, sourceLast: offset, targetFirst: cursor.offset })
}

/** The first record that equals the one to read next: where several are equal, none is missed, and some may be read again. */
async function byContent(
  context: RestoreContext,
  wanted: StreamPositions,
): Promise<ReadonlyMap<bigint, OffsetTranslation>> {
  const { anchored, facts, offsets } = wanted
  const digests = new Map<bigint, string | undefined>()
  for (const offset of offsets) {
    if (offset > facts.archived.nextOffset) continue
    digests.set(offset, (await nextRecord(context, anchored, firstUnread(facts.copies, offset)))?.digest)
  }
  const sought = new Set(digests.values())
  const places = new Map<string, bigint>()
  await scan(context, wanted, (cursor) => {
    const digest = digestOf(cursor)
    if (sought.has(digest) && !places.has(digest)) places.set(digest, cursor.offset)
  })
  const found = [...digests].map(([offset, digest]) => [offset, translationOf(wanted, digest, places)] as const)
  return new Map(found)
}

function translationOf(
  { facts: { target, targetEnd } }: StreamPositions,
  digest: string | undefined,
  places: ReadonlyMap<string, bigint>,
): OffsetTranslation {
  if (digest === undefined) return { kind: 'end', target: { ...target, offset: targetEnd } }
  const offset = places.get(digest)
  return offset === undefined
    ? { kind: 'unknown', reason: 'not-found' }
    : { kind: 'found', target: { ...target, offset } }
}

/** Every record of a stream that stands in its target, in the order of the log. */
async function scan(
  context: RestoreContext,
  { anchored, facts }: StreamPositions,
  onRecord: (cursor: Cursor) => void,
): Promise<void> {
  const batches = targetBatches(context, anchored, { from: streamStart(anchored), nextOffset: facts.targetEnd })
  const records = new OrderedRecords(batches, facts.target, context.signal)
  try {
    for (await records.load(); records.cursor !== undefined; ) {
      onRecord(records.cursor)
      if (!records.step()) await records.load()
    }
  } finally {
    await records.close()
  }
}
