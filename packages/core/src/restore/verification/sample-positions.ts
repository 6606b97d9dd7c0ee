import { sumOf } from '../../collections/sum-of.ts'
import type { RestoredRun } from '../journal-entries.ts'
import { type StreamPosition, streamStart } from '../stream-progress.ts'
import type { ActiveStream } from '../stream-run.ts'

/**
 * Places spread evenly over a stream, its beginning and its end among them, at each of which some records follow. Where the
 * journal does not tell which record has which ordinal, because the target had dropped some before they were looked for, or
 * a transform made several of one, only its beginning.
 */
export function samplePositions(
  active: ActiveStream,
  { samples, records }: { readonly samples: number; readonly records: number },
): readonly StreamPosition[] {
  const { position, runs } = active.progress
  if (sumOf(runs, ({ count }) => count) !== position.ordinal) return [streamStart(active)]
  const last = position.ordinal - records
  const ordinals = Array.from({ length: samples }, (_, index) => Math.floor((last * index) / Math.max(1, samples - 1)))
  return [...new Set(ordinals)].map((ordinal) => positionAt(runs, ordinal) ?? streamStart(active))
}

/** Runs follow each other by ordinal. */
function positionAt(runs: readonly RestoredRun[], ordinal: number): StreamPosition | undefined {
  let first = 0
  for (const { sourceFirst, count, targetFirst } of runs) {
    const into = BigInt(ordinal - first)
    if (ordinal < first + count)
      return { ordinal, part: 0, sourceOffset: sourceFirst + into, targetOffset: targetFirst + into }
    first += count
  }
  return undefined
}
