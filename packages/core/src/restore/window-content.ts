import type { BlobStore } from '../storage/blob-store.ts'
import { type LookEnd, lookThrough, type SeenBatch } from './archive-look.ts'
import { isWholeSection, type RestoreStream } from './restore-stream.ts'
import { streamRecords } from './stream-records.ts'
import type { SelectedTopic } from './stream-selection.ts'
import { relateToWindow } from './time-window.ts'

/** Of stored bytes, where times are not indexed. */
const MAX_READ_BYTES = 256 * 1024 * 1024

export interface WindowLook {
  readonly store: BlobStore
  readonly signal: AbortSignal | undefined
}

/** Whether a window holds records: `unknown` where much would have to be read for that. */
export type WindowContent = 'some' | 'none' | 'unknown'

const CONTENT: Readonly<Record<LookEnd, WindowContent>> = { found: 'some', all: 'none', 'too-much': 'unknown' }

/**
 * Whether any record that is selected lies in the window. Commits mostly tell; where the window lies between records of
 * sections that span it, blocks are read until one is found.
 */
export async function windowContent(selected: readonly SelectedTopic[], look: WindowLook): Promise<WindowContent> {
  const streams = selected.flatMap((topic) => topic.streams)
  if (streams.some(hasSectionInside)) return 'some'
  return CONTENT[await lookThrough(streams, { ...look, maxReadBytes: MAX_READ_BYTES }, holdsRecord)]
}

function hasSectionInside({ slices, filter }: RestoreStream): boolean {
  return slices.some(
    (slice) =>
      isWholeSection(slice) && slice.entry.records > 0 && relateToWindow(filter.window, slice.entry) === 'inside',
  )
}

async function holdsRecord(batch: SeenBatch): Promise<boolean> {
  for (const _record of await streamRecords(batch, batch)) return true
  return false
}
