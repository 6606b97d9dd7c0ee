import type { StreamPosition } from '../stream-progress.ts'
import type { ActiveStream } from '../stream-run.ts'

/** Where a stream begins. */
export function startOf({ stream, anchor }: Pick<ActiveStream, 'stream' | 'anchor'>): StreamPosition {
  return {
    ordinal: 0,
    part: 0,
    sourceOffset: stream.slices[0]?.startOffset ?? 0n,
    targetOffset: anchor.targetStartOffset,
  }
}

/** Places spread evenly over a stream, its beginning and its end among them, at each of which some records follow. */
export function samplePositions(
  active: ActiveStream,
  { samples, records }: { readonly samples: number; readonly records: number },
): readonly StreamPosition[] {
  const last = active.progress.position.ordinal - records
  const ordinals = Array.from({ length: samples }, (_, index) => Math.floor((last * index) / Math.max(1, samples - 1)))
  return [...new Set(ordinals)].map((ordinal) => positionAt(active, ordinal) ?? startOf(active))
}

/** Runs follow each other by ordinal; where the target had dropped records before they were looked for, they do not tell. */
function positionAt({ stream, progress }: ActiveStream, ordinal: number): StreamPosition | undefined {
  // A transform may have made several records of one.
  if (stream.transform !== null) return undefined
  let first = 0
  for (const { sourceFirst, count, targetFirst } of progress.runs) {
    const into = BigInt(ordinal - first)
    if (ordinal < first + count)
      return { ordinal, part: 0, sourceOffset: sourceFirst + into, targetOffset: targetFirst + into }
    first += count
  }
  return undefined
}
