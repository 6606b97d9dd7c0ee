import type { SharedFramesOptions } from '../archive/shared-frames.ts'

const KIB = 1024
const MIB = 1024 * KIB
/** The block being filled, two that wait or are compressed, and their compressed forms. */
const BLOCKS_PER_SECTION = 4
/** What is gathered of a section before it becomes an object of its own. */
const GATHERED_BLOCKS = 4
/** What a store of objects keeps of an upload: a part that fills, or is on its way. */
const BLOCKS_PER_PART = 8

/** A frame is longer than what it holds by a few bytes. */
const FRAME_SLACK_BYTES = 64 * KIB

/** How a run divides its memory. */
export interface MemoryShares {
  /** For fetch responses, from before they are asked for until their batches were copied. */
  readonly responseBytes: number
  readonly maxResponseBytes: number
  readonly blockBytes: number
  readonly maxPendingBlocks: number
  /**
   * A batch that is larger is not copied into a block: its response is held until it is stored, and counted twice
   * meanwhile.
   */
  readonly largeBatchBytes: number
  /** A section that has so many bytes becomes an object of its own; smaller ones are bundled. */
  readonly partBytes: number
  /** For sections that may fill a part. */
  readonly wideBytes: number
  /** What one of them takes: its blocks, and a part. */
  readonly wideSectionBytes: number
  /**
   * For frames that are stored as they are, from when they are gathered until the store has taken them.
   */
  readonly frames: SharedFramesOptions
  /** What is read of a partition before its section must be a wide one. */
  readonly narrowReadBytes: number
  /** Partitions that are read at the same time, with sections of either kind; the others wait for their turn. */
  readonly maxOpenSections: number
  /** A bundle that has so many bytes is stored; while one is stored, another is filled. */
  readonly bundleBytes: number
}

/**
 * Three eighths for fetch responses, three for wide sections, one for narrow ones, and one for two bundles:
 *
 *     128 MiB   48 MiB responses of at most 12 MiB   4 wide sections of 12 MiB   64 narrow of 256 KiB   bundles of 8 MiB
 *       4 MiB  1.5 MiB responses of at most 384 KiB  2 wide sections of 768 KiB   4 narrow of 128 KiB   bundles of 256 KiB
 *
 * A batch that is larger than a block never lies in a section's memory. It stays in its response, which is counted with it
 * and with the form in which it is stored, until the store has taken it; a response that needs more than all of its share
 * is asked for when no other is held. So no more is held than `maxMemoryBytes`, and one such batch with its stored form.
 */
export function memoryShares(maxMemoryBytes: number): MemoryShares {
  const eighth = Math.floor(maxMemoryBytes / 8)
  const blockBytes = Math.min(MIB, Math.max(64 * KIB, Math.floor(eighth / 16)))
  const largeBatchBytes = blockBytes + 64 * KIB
  const narrowReadBytes = Math.max(64 * KIB, Math.floor(blockBytes / 8))
  return {
    responseBytes: 3 * eighth,
    maxResponseBytes: Math.min(16 * MIB, Math.floor((3 * eighth) / 4)),
    blockBytes,
    maxPendingBlocks: 2,
    // Kafka's own limit for batches is a few bytes above a MiB.
    largeBatchBytes,
    partBytes: GATHERED_BLOCKS * blockBytes,
    wideBytes: 3 * eighth,
    wideSectionBytes: (BLOCKS_PER_SECTION + BLOCKS_PER_PART) * blockBytes,
    frames: {
      frameBytes: largeBatchBytes + FRAME_SLACK_BYTES,
      maxBytes: (3 * eighth * GATHERED_BLOCKS) / (BLOCKS_PER_SECTION + BLOCKS_PER_PART),
    },
    narrowReadBytes,
    // What was read is held twice at most: in a block that has grown by doubling.
    maxOpenSections: Math.max(1, Math.min(256, Math.floor(eighth / (2 * narrowReadBytes)))),
    bundleBytes: Math.min(64 * MIB, Math.floor(eighth / 2)),
  }
}
