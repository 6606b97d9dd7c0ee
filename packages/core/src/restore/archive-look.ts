import { SectionWindows } from '../archive/section-windows.ts'
import type { SourceBatch } from '../batch/pack-for-produce.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import { ownSignal } from '../memory/own-signal.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { BlockFeed } from './block-feed.ts'
import { withDamagePlace } from './damaged-stream.ts'
import { ReadCounters } from './read-counters.ts'
import type { RestoreStream } from './restore-stream.ts'

const BUDGET_BYTES = 32 * 1024 * 1024

export interface ArchiveLook {
  readonly store: BlobStore
  readonly signal: AbortSignal | undefined
  /** Of stored bytes: looking through much of an archive must not become part of planning. */
  readonly maxReadBytes: number
}

/** A batch on the way, and whose it is. */
export interface SeenBatch extends SourceBatch {
  readonly stream: RestoreStream
  readonly signal: AbortSignal
}

/** How a look ended: at the end of what is selected, because what was looked for is found, or because it became too much. */
export type LookEnd = 'all' | 'found' | 'too-much'

/** Reads what streams select, within a bound, until `isFound` says that it has seen enough. */
export async function lookThrough(
  streams: readonly RestoreStream[],
  { store, signal, maxReadBytes }: ArchiveLook,
  isFound: (batch: SeenBatch) => Promise<boolean>,
): Promise<LookEnd> {
  const filled = streams.filter(({ slices }) => slices.length > 0)
  const sections = filled.flatMap(({ slices }) => slices.map(({ entry }) => entry))
  const own = ownSignal(signal ?? new AbortController().signal)
  const counters = new ReadCounters()
  const parts = {
    store: new SectionWindows({ store, sections, signal: own }),
    budget: new ByteBudget(BUDGET_BYTES),
    counters,
    signal: own,
  }
  const lookIn = async (stream: RestoreStream): Promise<LookEnd> => {
    for await (const batch of new BlockFeed({ ...parts, stream, fromOffset: 0n }).batches()) {
      if (await isFound({ ...batch, stream, signal: own })) return 'found'
      if (counters.counts.bytesRead > maxReadBytes) return 'too-much'
    }
    return 'all'
  }
  for (const stream of filled) {
    const end = await withDamagePlace(stream, () => lookIn(stream))
    if (end !== 'all') return end
  }
  return 'all'
}
