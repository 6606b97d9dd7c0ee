import type { BlockEntry } from '../archive/section.ts'

/** What a restore read of the archive, and what it could leave unread. */
export interface ReadCounts {
  readonly bytesRead: number
  readonly indexesRead: number
  readonly blocksRead: number
  readonly blocksSkipped: number
  readonly batchesRead: number
  /** Of those, the ones whose records were looked at: the header did not settle what becomes of them. */
  readonly batchesDecoded: number
}

/** Counts what is read; shared by all streams of a run. */
export class ReadCounters {
  #bytesRead = 0
  #indexesRead = 0
  #blocksRead = 0
  #blocksSkipped = 0
  #batchesRead = 0
  #batchesDecoded = 0

  addIndex({ bytes, skippedBlocks }: { readonly bytes: number; readonly skippedBlocks: number }): void {
    this.#indexesRead += 1
    this.#bytesRead += bytes
    this.#blocksSkipped += skippedBlocks
  }

  addBlocks(blocks: readonly BlockEntry[]): void {
    this.#blocksRead += blocks.length
    for (const { storedLength } of blocks) this.#bytesRead += storedLength
  }

  addBatch(): void {
    this.#batchesRead += 1
  }

  addDecodedBatch(): void {
    this.#batchesDecoded += 1
  }

  get counts(): ReadCounts {
    return {
      bytesRead: this.#bytesRead,
      indexesRead: this.#indexesRead,
      blocksRead: this.#blocksRead,
      blocksSkipped: this.#blocksSkipped,
      batchesRead: this.#batchesRead,
      batchesDecoded: this.#batchesDecoded,
    }
  }
}
