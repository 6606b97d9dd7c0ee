import type { OffsetMap } from '../offsets/offset-map.ts'
import { OffsetMapBuilder } from '../offsets/offset-map-builder.ts'
import type { RestoreSession } from './restore-session.ts'
import type { PartitionSource } from './source-selection.ts'
import type { ActiveStream } from './stream-run.ts'

/** The offset map of a restore, from what its streams know to be restored. */
export function buildOffsetMap(active: readonly ActiveStream[], session: RestoreSession): OffsetMap {
  const builder = new OffsetMapBuilder()
  for (const { stream, anchor, progress } of active) {
    const { source, target, filter } = stream
    const archived = archivedRange(session, stream.source)
    const mapped = builder.stream({
      source: { topic: source.topic, partition: source.partition },
      target,
      archived,
      windowed: filter.window.start !== null,
      targetStart: anchor.targetStartOffset,
    })
    for (const { sourceFirst, count, targetFirst } of progress.runs) {
      mapped.add({ sourceFirst, sourceLast: sourceFirst + BigInt(count) - 1n, targetFirst })
    }
    mapped.endsAt(progress.position.targetOffset)
  }
  return builder.build()
}

function archivedRange(
  { selected }: RestoreSession,
  { topic, partition }: ActiveStream['stream']['source'],
): Pick<PartitionSource, 'startOffset' | 'nextOffset'> {
  const source = selected.find((each) => each.source.topic.topic === topic)?.source
  const found = source?.partitions.find(({ lineage }) => lineage.partition === partition)
  return { startOffset: found?.startOffset ?? 0n, nextOffset: found?.nextOffset ?? 0n }
}
