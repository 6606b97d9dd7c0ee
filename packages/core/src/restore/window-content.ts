import { SectionWindows } from '../archive/section-windows.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import { ownSignal } from '../memory/own-signal.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { BlockFeed } from './block-feed.ts'
import { withDamagePlace } from './damaged-stream.ts'
import { ReadCounters } from './read-counters.ts'
import { isWholeSection, type RestoreStream } from './restore-stream.ts'
import { streamRecords } from './stream-records.ts'
import type { SelectedTopic } from './stream-selection.ts'
import { relateToWindow } from './time-window.ts'

/** Of stored bytes. Where times are not indexed, looking through much of an archive must not become part of planning. */
const MAX_READ_BYTES = 256 * 1024 * 1024
const BUDGET_BYTES = 32 * 1024 * 1024

export interface WindowLook {
  readonly store: BlobStore
  readonly signal: AbortSignal | undefined
}

/** Whether a window holds records: `unknown` where much would have to be read for that. */
export type WindowContent = 'some' | 'none' | 'unknown'

/**
 * Whether any record that is selected lies in the window. Commits mostly tell; where the window lies between records of
 * sections that span it, blocks are read until one is found.
 */
export async function windowContent(selected: readonly SelectedTopic[], look: WindowLook): Promise<WindowContent> {
  const streams = selected.flatMap((topic) => topic.streams)
  if (streams.some(hasSectionInside)) return 'some'
  return lookThrough(
    streams.filter(({ slices }) => slices.length > 0),
    look,
  )
}

function hasSectionInside({ slices, filter }: RestoreStream): boolean {
  return slices.some(
    (slice) =>
      isWholeSection(slice) && slice.entry.records > 0 && relateToWindow(filter.window, slice.entry) === 'inside',
  )
}

async function lookThrough(streams: readonly RestoreStream[], { store, signal }: WindowLook): Promise<WindowContent> {
  const sections = streams.flatMap(({ slices }) => slices.map(({ entry }) => entry))
  const own = ownSignal(signal ?? new AbortController().signal)
  const parts = {
    store: new SectionWindows({ store, sections, signal: own }),
    budget: new ByteBudget(BUDGET_BYTES),
    counters: new ReadCounters(),
    signal: own,
  }
  for (const stream of streams) {
    const feed = new BlockFeed({ ...parts, stream, fromOffset: 0n })
    const found = await withDamagePlace(stream, () => lookIn(feed, { ...parts, stream }))
    if (found !== 'none') return found
  }
  return 'none'
}

interface LookedThrough {
  readonly stream: RestoreStream
  readonly counters: ReadCounters
  readonly signal: AbortSignal
}

async function lookIn(feed: BlockFeed, { stream, counters, signal }: LookedThrough): Promise<WindowContent> {
  for await (const batch of feed.batches()) {
    const records = await streamRecords(batch, { stream, signal })
    for (const _record of records) return 'some'
    if (counters.counts.bytesRead > MAX_READ_BYTES) return 'unknown'
  }
  return 'none'
}
