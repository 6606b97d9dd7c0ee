import { damagedObject } from '../archive/json-object.ts'
import * as shape from '../archive/json-shape.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { CopiedRun } from './copied-run.ts'
import type { OffsetMap, OffsetMapStream, OffsetRange } from './offset-map.ts'
import { OffsetMapBuilder } from './offset-map-builder.ts'
import { OFFSET_MAP_FORMAT } from './offset-map-json.ts'
import type { OffsetRun } from './offset-run-list.ts'

type StreamJson = Pick<
  OffsetMapStream,
  | 'source'
  | 'target'
  | 'part'
  | 'othersFollow'
  | 'archived'
  | 'windowed'
  | 'copies'
  | 'targetStart'
  | 'targetEnd'
  | 'records'
> & { readonly runs: readonly OffsetRun[] }

const MAX_PARTITION = 0x7fff_ffff
const partitionShape = shape.object<TopicPartition>({
  topic: shape.text,
  partition: shape.wholeNumber(0, MAX_PARTITION),
})
const rangeShape = shape.object<OffsetRange>({ startOffset: shape.offset, nextOffset: shape.offset })
const tripleShape = shape.checked(shape.list(shape.offset), (numbers) =>
  numbers.length === 3 ? undefined : 'is not [first, last, first on the other side]',
)
const runShape: shape.Shape<OffsetRun> = (value) => {
  const [sourceFirst = 0n, sourceLast = 0n, targetFirst = 0n] = tripleShape(value)
  return { sourceFirst, sourceLast, targetFirst }
}
const copiesShape: shape.Shape<CopiedRun> = (value) => {
  const [copyFirst = 0n, copyLast = 0n, originalFirst = 0n] = tripleShape(value)
  return { copyFirst, count: Number(copyLast - copyFirst) + 1, originalFirst }
}
const booleanShape = shape.checked<unknown>(
  (value) => value,
  (value) => (typeof value === 'boolean' ? undefined : 'is neither true nor false'),
)
const flagShape: shape.Shape<boolean> = (value) => booleanShape(value) === true
const mapShape = shape.object<{ readonly format: 1; readonly streams: readonly StreamJson[] }>({
  format: shape.literal(OFFSET_MAP_FORMAT),
  streams: shape.list(
    shape.object<StreamJson>({
      source: partitionShape,
      target: partitionShape,
      part: shape.count,
      othersFollow: flagShape,
      archived: rangeShape,
      windowed: flagShape,
      copies: shape.list(copiesShape),
      targetStart: shape.offset,
      targetEnd: shape.offset,
      records: shape.offset,
      runs: shape.list(runShape),
    }),
  ),
})

/**
 * Reads the JSON form of an offset map, strictly: what is missing, unknown, out of order or contradicts itself is damage.
 *
 * @param key what the object is called in an error.
 * @throws KbackupError `KB_ARCHIVE_DAMAGED`
 */
export function readOffsetMap(value: unknown, key: string): OffsetMap {
  const { streams } = shape.readShape(mapShape, value, key)
  try {
    return rebuilt(streams)
  } catch (error) {
    if (!KbackupError.is(error, 'KB_INTERNAL')) throw error
    throw damagedObject(key, error.message)
  }
}

function rebuilt(streams: readonly StreamJson[]): OffsetMap {
  const builder = new OffsetMapBuilder()
  for (const { runs, ...start } of streams) {
    const stream = builder.stream(start)
    for (const run of runs) stream.add(run)
    stream.endsAt(start.targetEnd)
  }
  const map = builder.build()
  if (map.streams.length !== streams.length) throw contradiction('it names a stream twice')
  for (const [index, stream] of map.streams.entries()) assertSame(stream, streams[index])
  return map
}

function assertSame(found: OffsetMapStream, stated: StreamJson | undefined): void {
  const name = streamName(found)
  if (stated === undefined || streamName(stated) !== name) throw contradiction('its streams are not in order')
  if (found.runCount !== stated.runs.length) throw contradiction(`runs of ${name} continue each other`)
  if (found.targetEnd !== stated.targetEnd)
    throw contradiction(`the target end of ${name} lies before the end of its runs`)
  if (found.records !== stated.records) throw contradiction(`the count of ${name} is not that of its runs`)
}

function streamName({ source, target, part }: Pick<StreamJson, 'source' | 'target' | 'part'>): string {
  return `${partitionName(source)} → ${partitionName(target)}${part === 0 ? '' : ` (part ${part})`}`
}

function contradiction(what: string): KbackupError {
  return new KbackupError('KB_INTERNAL', { message: what })
}
