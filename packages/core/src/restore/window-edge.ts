import type { BlobReader } from '../archive/read-soundly.ts'
import type { BlockEntry, SectionIndex } from '../archive/section.ts'
import { readBlocks, readSectionIndex } from '../archive/section-reader.ts'
import { batchPayload } from '../batch/batch-payload.ts'
import { type RecordBatch, readBatches } from '../batch/record-batch.ts'
import { RecordCursor } from '../batch/record-cursor.ts'
import { countLeading } from '../collections/count-leading.ts'
import type { RestoreStream, SectionSlice } from './restore-stream.ts'
import { relateToWindow, windowContains } from './time-window.ts'

/** Of stored bytes of one section: a window has two edges, and most of what it cuts stands close to them. */
const MAX_EDGE_BYTES = 16 * 1024 * 1024

export interface EdgeLook {
  readonly store: BlobReader
  readonly signal: AbortSignal
}

/** Records of one transaction in one partition, on both sides of the edges of a window. */
export interface EdgeTransaction {
  readonly inside: number
  readonly outside: number
  /** The greatest time of its records. */
  readonly lastTime: bigint
}

/**
 * The transactions near the edges of a stream's window.
 *
 * Only blocks on an edge are read, and only of sections that hold markers. The archive keeps no markers: records of one
 * producer and epoch are one transaction as long as no marker stood between them. Since Kafka 4.0 each transaction has an
 * epoch of its own (KIP-890); before, one that another producer's marker falls into can be overlooked.
 */
export async function edgeTransactions(stream: RestoreStream, look: EdgeLook): Promise<readonly EdgeTransaction[]> {
  const { window } = stream.filter
  if (window.start === null && window.end === null) return []
  const found = new Map<string, EdgeTransaction>()
  for (const slice of stream.slices) {
    if (relateToWindow(window, slice.entry) !== 'boundary') continue
    const index = await readSectionIndex(look.store, slice.entry, { signal: look.signal })
    const markers = index.omissions.flatMap(({ reason, startOffset }) => (reason === 'marker' ? [startOffset] : []))
    if (markers.length === 0) continue
    for (const block of edgeBlocks(stream, index)) await countBlock({ stream, slice, markers, look }, block, found)
  }
  return [...found.values()]
}

/** Blocks with records on both sides, and neighbours on different sides. */
function edgeBlocks({ filter: { window } }: RestoreStream, { blocks }: SectionIndex): readonly BlockEntry[] {
  const sides = blocks.map((block) => relateToWindow(window, block))
  const isOnEdge = (index: number) =>
    sides[index] === 'boundary' ||
    [index - 1, index + 1].some((other) => (sides[other] ?? sides[index]) !== sides[index])
  let bytes = 0
  return blocks.filter((block, index) => {
    if (!isOnEdge(index)) return false
    bytes += block.storedLength
    return bytes <= MAX_EDGE_BYTES
  })
}

interface EdgeSection {
  readonly stream: RestoreStream
  readonly slice: SectionSlice
  /** Offsets at which transactions ended, in ascending order. */
  readonly markers: readonly bigint[]
  readonly look: EdgeLook
}

async function countBlock(section: EdgeSection, block: BlockEntry, found: Map<string, EdgeTransaction>): Promise<void> {
  const { slice, stream, markers, look } = section
  const [bytes] = await readBlocks(look.store, slice.entry, [block], { signal: look.signal })
  if (bytes === undefined) return
  for (const batch of readBatches(bytes, stream.source, { cutShortTail: 'refuse' })) {
    if (!batch.isTransactional || batch.isControl) continue
    const ended = countLeading(markers.length, (index) => (markers[index] ?? batch.baseOffset) < batch.baseOffset)
    const name = `${batch.producerId}/${batch.producerEpoch}/${ended}`
    const counted = found.get(name) ?? { inside: 0, outside: 0, lastTime: -1n }
    found.set(name, await withRecords(counted, batch, section))
  }
}

async function withRecords(
  counted: EdgeTransaction,
  batch: RecordBatch,
  { stream, slice, look }: EdgeSection,
): Promise<EdgeTransaction> {
  let { inside, outside, lastTime } = counted
  const payload = await batchPayload(batch, stream.source, { signal: look.signal })
  const cursor = new RecordCursor(batch, payload, stream.source)
  while (cursor.next()) {
    const { offset, timestamp } = cursor
    if (offset < slice.startOffset || offset >= slice.nextOffset) continue
    if (windowContains(stream.filter.window, timestamp)) inside += 1
    else outside += 1
    if (timestamp > lastTime) lastTime = timestamp
  }
  return { inside, outside, lastTime }
}
