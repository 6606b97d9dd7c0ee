import type { LineageState, PartitionState, TopicState } from '../archive/archive-state.ts'
import type { SectionEntry } from '../archive/commit.ts'
import type { BlockEntry, Omission } from '../archive/section.ts'
import { readBlocks, readSectionIndex } from '../archive/section-reader.ts'
import { readBatches } from '../batch/record-batch.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { OffsetsLog, OffsetsLogItem } from './offsets-log.ts'

export interface ArchivedLogOptions {
  readonly store: BlobStore
  readonly signal?: AbortSignal | undefined
}

/** What an archive holds of the current life of the offsets topic, for each of its partitions that is wanted. */
export function archivedOffsetsLogs(
  topic: TopicState,
  isWanted: (partition: number) => boolean,
  options: ArchivedLogOptions,
): readonly OffsetsLog[] {
  return topic.partitions
    .filter(({ partition }) => isWanted(partition))
    .flatMap((partition) => archivedLog(partition, topic.topicId, options) ?? [])
}

function archivedLog(
  { partition, lineages }: PartitionState,
  topicId: string,
  options: ArchivedLogOptions,
): OffsetsLog | undefined {
  const lineage = lineages.at(-1)
  if (lineage === undefined || lineage.topicId !== topicId) return undefined
  return {
    partition,
    startOffset: lineage.startOffset,
    nextOffset: lineage.nextOffset,
    completeAtMs: completeAt(lineage),
    items: itemsOf(lineage, options),
  }
}

/**
 * When the log was seen to end where the archive does; an open transaction keeps records back that are older than that,
 * and then nothing is known of what comes next.
 */
function completeAt({ lastCut, nextOffset }: LineageState): bigint | null {
  const isWhole = lastCut?.nextOffset === nextOffset && lastCut.highWatermark === nextOffset
  return isWhole ? lastCut.observedAtMs : null
}

async function* itemsOf(lineage: LineageState, options: ArchivedLogOptions): AsyncGenerator<OffsetsLogItem> {
  for (const entry of lineage.sections) yield* itemsInSection(entry, options)
}

/** Omissions lie between batches: each is given before the first batch behind it. */
async function* itemsInSection(
  entry: SectionEntry,
  { store, signal }: ArchivedLogOptions,
): AsyncGenerator<OffsetsLogItem> {
  const { blocks, omissions } = await readSectionIndex(store, entry, { signal })
  const waiting = [...omissions]
  for (const block of blocks) {
    for await (const item of batchesOf(entry, block, { store, signal })) {
      yield* takeBefore(waiting, item.batch.baseOffset)
      yield item
    }
  }
  yield* takeBefore(waiting, entry.nextOffset)
}

function* takeBefore(omissions: Omission[], offset: bigint): Generator<OffsetsLogItem> {
  for (let next = omissions[0]; next !== undefined && next.startOffset < offset; next = omissions[0]) {
    omissions.shift()
    yield { type: 'omission', omission: next }
  }
}

async function* batchesOf(entry: SectionEntry, block: BlockEntry, { store, signal }: ArchivedLogOptions) {
  const [bytes] = await readBlocks(store, entry, [block], { signal })
  if (bytes === undefined) return
  for (const batch of readBatches(bytes, entry, { cutShortTail: 'refuse' })) yield { type: 'batch', batch } as const
}
