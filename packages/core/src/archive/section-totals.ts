import type { BlockEntry, SealedSection } from './section.ts'

/** What the entry of a section says of all of its blocks together. */
export type SectionTotals = Pick<SealedSection, 'records' | 'logBytes' | 'minTimestamp' | 'maxTimestamp'>

/** Adds up the blocks of a section; its least time is known where that of each block with records is. */
export function totalsOf(blocks: readonly BlockEntry[]): SectionTotals {
  const filled = blocks.filter(({ records }) => records > 0)
  const records = filled.reduce((sum, block) => sum + block.records, 0)
  const logBytes = blocks.reduce((sum, { length }) => sum + length, 0)
  const [maxTimestamp = null] = filled.flatMap((block) => block.maxTimestamp ?? []).sort(descending)
  const minima = filled.flatMap(({ minTimestamp }) => minTimestamp ?? []).sort(descending)
  const isMinKnown = minima.length === filled.length
  return { records, logBytes, maxTimestamp, minTimestamp: (isMinKnown ? minima.at(-1) : null) ?? null }
}

function descending(left: bigint, right: bigint): number {
  if (left === right) return 0
  return left > right ? -1 : 1
}
