import { copyNextOf } from './copied-run.ts'
import type { OffsetMapStream } from './offset-map.ts'

/** The version that {@link offsetMapJson} writes. */
export const OFFSET_MAP_FORMAT = 1

/**
 * The JSON form of an offset map: every 64-bit number a decimal string, a run `[first source, last source, first target]`,
 * and copies `[first copy, last copy, first original]`.
 *
 * The end of a target and the counts follow from the runs and are there for people and jq; a reader holds them to the runs.
 */
export function offsetMapJson(streams: readonly OffsetMapStream[]): object {
  return { format: OFFSET_MAP_FORMAT, streams: streams.map(streamJson) }
}

function streamJson(stream: OffsetMapStream): object {
  return {
    source: { topic: stream.source.topic, partition: stream.source.partition },
    target: { topic: stream.target.topic, partition: stream.target.partition },
    part: stream.part,
    othersFollow: stream.othersFollow,
    archived: { startOffset: String(stream.archived.startOffset), nextOffset: String(stream.archived.nextOffset) },
    windowed: stream.windowed,
    targetStart: String(stream.targetStart),
    targetEnd: String(stream.targetEnd),
    records: String(stream.records),
    copies: stream.copies.map((run) => [
      String(run.copyFirst),
      String(copyNextOf(run) - 1n),
      String(run.originalFirst),
    ]),
    runs: Array.from(stream.runs(), (run) => [
      String(run.sourceFirst),
      String(run.sourceLast),
      String(run.targetFirst),
    ]),
  }
}
