import type { ArchiveView } from '../archive/open-archive.ts'
import { SectionWindows } from '../archive/section-windows.ts'
import { decodeRecord, rawRecordAt } from '../batch/batch-records.ts'
import type { SourceBatch } from '../batch/pack-for-produce.ts'
import { CALL_OPTIONS, TOPICS_KIND, WINDOW_KIND } from '../config/common-options.ts'
import { type Instant, instantToMs } from '../config/instant.ts'
import { type OptionKind, optionKinds } from '../config/option-kinds.ts'
import type { TopicSelectionOptions } from '../config/topic-selection.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import type { KafkaRecord } from '../kafka/kafka-record.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import { BlockFeed } from '../restore/block-feed.ts'
import { ReadCounters } from '../restore/read-counters.ts'
import { readRestoreOptions } from '../restore/restore-request.ts'
import type { RestoreStream } from '../restore/restore-stream.ts'
import { streamRecords } from '../restore/stream-records.ts'
import { selectStreams } from '../restore/stream-selection.ts'
import type { BlobStore } from '../storage/blob-store.ts'

/** Which records of an archive are wanted. */
export interface ArchiveRecordsOptions extends CallOptions {
  /** Names, globs or `~regex`; all topics where absent. */
  readonly topics?: TopicSelectionOptions | undefined
  /** Only these partitions of each topic. */
  readonly partitions?: readonly number[] | undefined
  /** Record timestamps, both ends inclusive, either may be absent. */
  readonly window?: { readonly start?: Instant | undefined; readonly end?: Instant | undefined } | undefined
  /** Bounds the blocks that are read ahead; 32 MiB where absent. */
  readonly maxMemoryBytes?: number | undefined
}

/** What each option may be. */
export const RECORDS_OPTIONS = {
  ...CALL_OPTIONS,
  topics: TOPICS_KIND,
  partitions: optionKinds.numbers,
  window: WINDOW_KIND,
  maxMemoryBytes: optionKinds.number,
} satisfies Record<keyof ArchiveRecordsOptions, OptionKind>

const DEFAULT_MAX_MEMORY_BYTES = 32 * 1024 * 1024

/**
 * Reads records, partition by partition, each in the order of its offsets: what a restore with these options would
 * produce.
 */
export async function* archiveRecords(
  { store, view }: { readonly store: BlobStore; readonly view: ArchiveView },
  options: ArchiveRecordsOptions,
): AsyncGenerator<KafkaRecord, void, undefined> {
  const { topics, partitions, window, maxMemoryBytes = DEFAULT_MAX_MEMORY_BYTES } = options
  const signal = options.signal ?? new AbortController().signal
  signal.throwIfAborted()
  const request = readRestoreOptions({ backupId: view.backupId, topics, partitions, window: windowOf(window) })
  const streams = selectStreams(view.state, request).flatMap((topic) => topic.streams)
  const sections = streams.flatMap(({ slices }) => slices.map(({ entry }) => entry))
  const windows = new SectionWindows({ store, sections, windowBytes: Math.floor(maxMemoryBytes / 128), signal })
  const reading = { store: windows, budget: new ByteBudget(maxMemoryBytes), counters: new ReadCounters(), signal }
  for (const stream of streams) {
    const feed = new BlockFeed({ ...reading, stream, fromOffset: 0n })
    for await (const batch of feed.batches()) yield* recordsOf(batch, { stream, signal })
  }
}

function windowOf(window: ArchiveRecordsOptions['window']) {
  return {
    start: window?.start === undefined ? undefined : instantToMs(window.start, 'window.start'),
    end: window?.end === undefined ? undefined : instantToMs(window.end, 'window.end'),
  }
}

/** The records own their bytes: the block that they come from is given back as soon as the feed moves on. */
async function* recordsOf(
  source: SourceBatch,
  reading: { readonly stream: RestoreStream; readonly signal: AbortSignal },
): AsyncGenerator<KafkaRecord, void, undefined> {
  const { topic, partition } = reading.stream.source
  const origin = { topic, partition, timestampType: source.batch.timestampType }
  for (const cursor of await streamRecords(source, reading)) {
    const raw = rawRecordAt(cursor)
    yield decodeRecord({ ...raw, body: Buffer.from(raw.body) }, origin)
  }
}
