import type { BlobReader } from '../archive/read-soundly.ts'
import { readBlocks, readSectionIndex } from '../archive/section-reader.ts'
import type { SourceBatch } from '../batch/pack-for-produce.ts'
import { type RecordBatch, readBatches } from '../batch/record-batch.ts'
import type { OffsetBounds } from '../batch/record-selection.ts'
import type { ByteBudget, ByteReservation } from '../memory/byte-budget.ts'
import { ownSignal } from '../memory/own-signal.ts'
import { BlockLease } from './block-lease.ts'
import { type BlockRun, groupIntoRuns, type SelectedBlock, selectBlocks } from './block-selection.ts'
import { LeftOutOffsets } from './left-out-offsets.ts'
import type { PresentOffsets, SourceOffsets } from './present-records/present-offsets.ts'
import type { ReadCounters } from './read-counters.ts'
import type { RestoreStream, SectionSlice } from './restore-stream.ts'

const MAX_RUN_BYTES = 8 * 1024 * 1024

export interface BlockFeedOptions {
  readonly store: BlobReader
  readonly stream: RestoreStream
  /** Records below this source offset are not wanted: their blocks are not read. */
  readonly fromOffset: bigint
  /** Records that are not wanted either, because the target holds them; in the order of the source. */
  readonly present?: readonly SourceOffsets[] | undefined
  readonly budget: ByteBudget
  readonly counters: ReadCounters
  readonly signal: AbortSignal
}

interface LoadedRun {
  readonly run: BlockRun
  readonly blocks: readonly Buffer[]
  /** One for each block. */
  readonly leases: readonly BlockLease[]
}

/**
 * Reads the blocks of a stream ahead of whoever takes its batches, within the byte budget.
 *
 * The batches are slices of blocks that belong to the taker. A block's memory is given back once the feed has moved on
 * from it and everybody who retained {@link lease} while it was at hand has released it.
 */
export class BlockFeed {
  readonly #options: BlockFeedOptions
  readonly #leftOut: LeftOutOffsets
  /** Ends a read ahead that nobody waits for any more: it may itself be waiting for memory. */
  readonly #left = new AbortController()
  readonly #signal: AbortSignal
  #lease = new BlockLease(() => {})

  constructor(options: BlockFeedOptions) {
    this.#options = options
    this.#leftOut = new LeftOutOffsets(options.present ?? [], options.stream.filter.dropCopies)
    this.#signal = ownSignal(options.signal, this.#left.signal)
  }

  /** The claim on the block that the last batch came from. */
  get lease(): BlockLease {
    return this.#lease
  }

  async *batches(): AsyncGenerator<SourceBatch, void, undefined> {
    for await (const block of this.blocks()) yield* block
  }

  /** The batches block by block: who has one waits for nothing until its last batch, of which a block may have a thousand. */
  async *blocks(): AsyncGenerator<Iterable<SourceBatch>, void, undefined> {
    const runs = this.#runs()
    let ahead = this.#loadNext(runs)
    try {
      for (;;) {
        const loaded = await ahead
        if (loaded === undefined) return
        ahead = this.#loadNext(runs)
        yield* this.#blocksOf(loaded)
      }
    } finally {
      this.#left.abort()
      const unused = await ahead.catch(() => undefined)
      releaseAll(unused?.leases ?? [])
    }
  }

  async *#runs(): AsyncGenerator<BlockRun, void, undefined> {
    const { stream, fromOffset } = this.#options
    for (const slice of stream.slices) {
      if (slice.nextOffset <= fromOffset) continue
      const wanted = (await this.#select(slice)).filter(({ block }) => block.lastOffset >= fromOffset)
      yield* groupIntoRuns(slice, wanted, MAX_RUN_BYTES)
    }
  }

  async #select(slice: SectionSlice): Promise<readonly SelectedBlock[]> {
    const { store, stream, counters } = this.#options
    const index = await readSectionIndex(store, slice.entry, { signal: this.#signal })
    const selected = selectBlocks(slice, index, stream.filter).filter((selection) => !this.#isLeftOut(selection))
    counters.addIndex({ bytes: slice.entry.index.length, skippedBlocks: index.blocks.length - selected.length })
    return selected
  }

  #loadNext(runs: AsyncGenerator<BlockRun, void, undefined>): Promise<LoadedRun | undefined> {
    const loading = this.#load(runs)
    // A failure is thrown where the run is awaited; until then it must not count as unhandled.
    loading.catch(() => {})
    return loading
  }

  async #load(runs: AsyncGenerator<BlockRun, void, undefined>): Promise<LoadedRun | undefined> {
    const { budget, store, counters } = this.#options
    const signal = this.#signal
    const { value: run } = await runs.next()
    if (run === undefined) return undefined
    const reservation = await budget.acquire(run.memoryBytes, { signal })
    try {
      const entries = run.blocks.map(({ block }) => block)
      const blocks = await readBlocks(store, run.slice.entry, entries, { signal })
      counters.addBlocks(entries)
      return { run, blocks, leases: leasesOf(run, reservation) }
    } catch (error) {
      reservation.release()
      throw error
    }
  }

  *#blocksOf({ run, blocks, leases }: LoadedRun): Generator<Iterable<SourceBatch>, void, undefined> {
    let taken = 0
    try {
      for (const [index, lease] of leases.entries()) {
        this.#lease = lease
        yield this.#batchesInBlock(run, index, blocks[index] ?? NOTHING)
        taken += 1
        lease.release()
      }
    } finally {
      // Whoever leaves early may hold slices of the block at hand, and has retained its lease; of those behind it none is out.
      releaseAll(leases.slice(taken))
    }
  }

  *#batchesInBlock(run: BlockRun, index: number, bytes: Buffer): Generator<SourceBatch, void, undefined> {
    const { stream, counters } = this.#options
    const minTimestamp = run.blocks[index]?.block.minTimestamp ?? undefined
    const bounds = this.#boundsIn(run.slice)
    for (const batch of readBatches(bytes, stream.source, { cutShortTail: 'refuse' })) {
      counters.addBatch()
      const leftOut = this.#leftOut.in(batch)
      if (leftOut === undefined) yield { batch, bounds, minTimestamp }
      else {
        const missing = missingOf(batch, bounds, leftOut)
        if (missing !== undefined) yield { ...missing, minTimestamp }
      }
    }
  }

  #isLeftOut({ block }: SelectedBlock): boolean {
    const bounds = { startOffset: block.firstOffset, nextOffset: block.lastOffset + 1n }
    return this.#leftOut.present?.covers(bounds) ?? false
  }

  #boundsIn({ startOffset, nextOffset }: SectionSlice): OffsetBounds {
    const { fromOffset } = this.#options
    return { startOffset: startOffset < fromOffset ? fromOffset : startOffset, nextOffset }
  }
}

const NOTHING = Buffer.alloc(0)

/** What is not left out of a batch, which is opened once, however many holes there are; `undefined` where all of it is. */
function missingOf(batch: RecordBatch, bounds: OffsetBounds, leftOut: PresentOffsets): SourceBatch | undefined {
  const startOffset = batch.baseOffset < bounds.startOffset ? bounds.startOffset : batch.baseOffset
  const nextOffset = batch.nextOffset > bounds.nextOffset ? bounds.nextOffset : batch.nextOffset
  const missing = startOffset < nextOffset ? leftOut.missingIn({ startOffset, nextOffset }) : []
  const [first, last] = [missing[0], missing.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const around = { startOffset: first.startOffset, nextOffset: last.nextOffset }
  if (missing.length === 1) return { batch, bounds: around }
  return { batch, bounds: around, isLeftOut: (offset) => leftOut.has(offset) }
}

/** A claim on each block of a run; each gives back its part of the reservation. */
function leasesOf(run: BlockRun, reservation: ByteReservation): readonly BlockLease[] {
  return run.blocks.map(({ block }) => {
    const bytes = block.storedLength + block.length
    return new BlockLease(() => reservation.shrink(Math.max(0, reservation.bytes - bytes)))
  })
}

function releaseAll(leases: readonly BlockLease[]): void {
  for (const lease of leases) lease.release()
}
