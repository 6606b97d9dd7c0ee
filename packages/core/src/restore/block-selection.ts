import type { BlockEntry, SectionIndex } from '../archive/section.ts'
import { isWholeSection, type RecordFilter, type SectionSlice } from './restore-stream.ts'
import { relateToWindow } from './time-window.ts'

/** A block of which records may be restored. */
export interface SelectedBlock {
  readonly block: BlockEntry
  /** Whether every record of it is restored, so that their number is known without reading it. */
  readonly whole: boolean
}

function mayBeLeftOut(block: BlockEntry, filter: RecordFilter): boolean {
  if (filter.dropNullKeys || filter.dropCopies.length > 0) return true
  return filter.dropAboveBytes !== null && block.length > filter.dropAboveBytes
}

function isInsideSlice(block: BlockEntry, slice: SectionSlice): boolean {
  return block.firstOffset >= slice.startOffset && block.lastOffset < slice.nextOffset
}

/** The blocks of a section that can hold records of a stream, by its index alone. */
export function selectBlocks(slice: SectionSlice, index: SectionIndex, filter: RecordFilter): readonly SelectedBlock[] {
  return index.blocks.flatMap((block) => {
    if (block.records === 0) return []
    if (block.lastOffset < slice.startOffset || block.firstOffset >= slice.nextOffset) return []
    const relation = relateToWindow(filter.window, block)
    if (relation === 'outside') return []
    const whole = relation === 'inside' && isSafeToCount(slice, block) && !mayBeLeftOut(block, filter)
    return [{ block, whole }]
  })
}

/** `records` counts what lies inside the bounds of the section, which is more than what lies inside a narrower slice. */
function isSafeToCount(slice: SectionSlice, block: BlockEntry): boolean {
  return isWholeSection(slice) || isInsideSlice(block, slice)
}

/** Adjacent blocks that are read with one request. */
export interface BlockRun {
  readonly slice: SectionSlice
  readonly blocks: readonly SelectedBlock[]
  /** What holding it takes: the stored bytes and the log bytes of each block. */
  readonly memoryBytes: number
}

function memoryOf(block: BlockEntry): number {
  return block.storedLength + block.length
}

function follows(previous: SelectedBlock | undefined, next: SelectedBlock): boolean {
  return previous !== undefined && previous.block.position + previous.block.storedLength === next.block.position
}

/** Groups selected blocks into runs of adjacent ones, each within a bound of memory (or of one block). */
export function groupIntoRuns(
  slice: SectionSlice,
  selected: readonly SelectedBlock[],
  maxRunBytes: number,
): readonly BlockRun[] {
  const runs: { slice: SectionSlice; blocks: SelectedBlock[]; memoryBytes: number }[] = []
  for (const next of selected) {
    const run = runs.at(-1)
    const bytes = memoryOf(next.block)
    if (run !== undefined && follows(run.blocks.at(-1), next) && run.memoryBytes + bytes <= maxRunBytes) {
      run.blocks.push(next)
      run.memoryBytes += bytes
    } else {
      runs.push({ slice, blocks: [next], memoryBytes: bytes })
    }
  }
  return runs
}
