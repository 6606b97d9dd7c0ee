const KIB = 1024
const MIB = 1024 * KIB
const BLOCK_SHARE = 16
/** The block being filled, two that wait or are compressed, and their compressed forms. */
const BLOCKS_PER_SECTION = 4

/** How a run divides its memory. */
export interface MemoryShares {
  /** For fetch responses, from before they are asked for until their batches were copied. */
  readonly responseBytes: number
  readonly maxResponseBytes: number
  readonly blockBytes: number
  readonly maxPendingBlocks: number
  /** Partitions whose sections are open at the same time; the others wait for their turn. */
  readonly maxOpenSections: number
}

/**
 * Half for fetch responses, half for open sections:
 *
 *     128 MiB   64 MiB responses of at most 16 MiB   16 sections of 4 blocks of 1 MiB
 *       4 MiB    2 MiB responses of at most 512 KiB   4 sections of 4 blocks of 128 KiB
 */
export function memoryShares(maxMemoryBytes: number): MemoryShares {
  const half = Math.floor(maxMemoryBytes / 2)
  const blockBytes = Math.min(MIB, Math.max(64 * KIB, Math.floor(half / BLOCK_SHARE)))
  return {
    responseBytes: half,
    maxResponseBytes: Math.min(16 * MIB, Math.floor(half / 4)),
    blockBytes,
    maxPendingBlocks: 2,
    maxOpenSections: Math.max(1, Math.min(64, Math.floor(half / (blockBytes * BLOCKS_PER_SECTION)))),
  }
}
