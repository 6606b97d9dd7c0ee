import type { RecordBatch } from '../../batch/record-batch.ts'
import { type LogRecord, logBatch } from '../../batch/testing/log-batch.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import type { SectionCodec, SectionEntry } from '../commit.ts'
import type { Omission, SealedSection } from '../section.ts'
import { SectionBuilder, type SectionBuilderOptions } from '../section-builder.ts'

export const ARCHIVE_ID = '0123456789abcdef0123456789abcdef'
export const TOPIC_ID = 'fedcba9876543210fedcba9876543210'
export const LINEAGE = { topic: 'orders', partition: 3, topicId: TOPIC_ID, lineage: 0 }

/** A section to build: batches, and where it begins and ends. */
export interface SectionSpec extends Partial<Omit<SectionBuilderOptions, 'startOffset'>> {
  readonly batches: readonly RecordBatch[]
  readonly startOffset: bigint
  readonly nextOffset: bigint
  readonly omissions?: readonly Omission[]
  readonly key?: string
}

/** Builds a section into an object of a store, as a backup does: uploaded while it is built. */
export async function storeSection(store: BlobStore, spec: SectionSpec): Promise<SectionEntry> {
  const {
    batches,
    nextOffset,
    omissions = [],
    key = 'payments/topics/orders/partition=3/segment-0-00.zst',
    ...rest
  } = spec
  const builder = new SectionBuilder({ archiveId: ARCHIVE_ID, lineage: LINEAGE, codec: 'zstd', ...rest })
  const [sealed] = await Promise.all([
    fill(builder, { events: inOrder(batches, omissions), nextOffset }),
    store.put(key, builder.bytes, { ifAbsent: true }),
  ])
  return { key, ...sealed }
}

async function fill(
  builder: SectionBuilder,
  { events, nextOffset }: { events: readonly (RecordBatch | Omission)[]; nextOffset: bigint },
): Promise<SealedSection> {
  for (const event of events) {
    if ('reason' in event) builder.leaveOut(event)
    else await builder.append(event)
  }
  return builder.seal(nextOffset)
}

function inOrder(batches: readonly RecordBatch[], omissions: readonly Omission[]): readonly (RecordBatch | Omission)[] {
  const start = (event: RecordBatch | Omission) => ('reason' in event ? event.startOffset : event.baseOffset)
  return [...batches, ...omissions].sort((left, right) => (start(left) < start(right) ? -1 : 1))
}

/** A batch of so many records of so many bytes, one offset each. */
export function batchOf(
  baseOffset: bigint,
  { records, valueBytes = 20, codec }: { records: number; valueBytes?: number; codec?: 'lz4' | 'gzip' | 'zstd' },
): Promise<RecordBatch> {
  return logBatch({ baseOffset, records: manyRecords(records, valueBytes), ...(codec === undefined ? {} : { codec }) })
}

function manyRecords(count: number, valueBytes: number): readonly LogRecord[] {
  return Array.from({ length: count }, (_, offsetDelta) => ({
    offsetDelta,
    timestamp: 1_764_000_000_000n + BigInt(offsetDelta),
    key: Buffer.from(`key-${offsetDelta}`),
    value: Buffer.from(`{"event":${offsetDelta},"text":"`.padEnd(valueBytes, 'abcdefghij')),
    headers: [],
  }))
}

export const SECTION_CODEC_NAMES: readonly SectionCodec[] = ['zstd', 'lz4', 'none']
