import { openJson } from '../../archive/json-object.ts'
import { decodeRecords } from '../../batch/batch-records.ts'
import type { KafkaRecord } from '../../kafka/kafka-record.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import type { OffsetMap, OffsetTranslation } from '../../offsets/offset-map.ts'
import { readOffsetMap } from '../../offsets/read-offset-map.ts'
import type { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { batchesOf, fetchOne } from '../../testing/memory-kafka/orders-cluster.ts'
import type { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { offsetMapKey } from '../restore-keys.ts'
import { BACKUP_ID, GROUP, type RestoreScenario, type ScenarioStream } from './restore-scenario.ts'

/** Every record of a partition. */
export async function recordsAt(cluster: MemoryKafkaCluster, where: TopicPartition): Promise<readonly KafkaRecord[]> {
  const fetched = await fetchOne(cluster, where, { partitionMaxBytes: 1 << 26, maxBytes: 1 << 26 })
  const records = await Promise.all(batchesOf(fetched).map((batch) => decodeRecords(batch, where)))
  return records.flat()
}

/** The content of a record that a restore keeps, in a form to compare. */
function contentOf({ key, value, headers, timestamp }: KafkaRecord): string {
  return JSON.stringify([key?.toString('hex'), value?.toString('hex'), headers.map(String), String(timestamp)])
}

/** What one stream should have become, told without any code of the restore. */
export interface ExpectedStream extends ScenarioStream {
  /** The source records inside the window, in order. */
  readonly records: readonly KafkaRecord[]
  /** Of the target, before the restore. */
  readonly targetStart: bigint
  readonly sourceEnd: bigint
}

export async function expectedStreams(scenario: RestoreScenario, targetStart: bigint): Promise<ExpectedStream[]> {
  const { source, streams, window } = scenario
  return Promise.all(
    streams.map(async (stream) => {
      const all = await recordsAt(source, stream.source)
      const records = all.filter(({ timestamp }) => timestamp >= window.start && timestamp <= window.end)
      const { highWatermark } = await fetchOne(source, stream.source)
      return { ...stream, records, targetStart, sourceEnd: highWatermark }
    }),
  )
}

/** What is wrong with the target, as sentences; nothing where each record stands there once, in order, and nothing else. */
export async function targetFaults(target: MemoryKafkaCluster, expected: ExpectedStream): Promise<readonly string[]> {
  const found = (await recordsAt(target, expected.target)).filter(({ offset }) => offset >= expected.targetStart)
  const name = `partition ${expected.target.partition}`
  const wrong = expected.records.findIndex((record, index) => {
    const restored = found[index]
    return restored === undefined || contentOf(restored) !== contentOf(record)
  })
  if (wrong >= 0) return [`${name}: record ${wrong} of ${expected.records.length} differs; ${found.length} are there`]
  return found.length > expected.records.length
    ? [`${name}: ${found.length} records, ${expected.records.length} meant`]
    : []
}

/** Where each source offset must be, by counting. */
function bruteForce(expected: ExpectedStream, offset: bigint): OffsetTranslation {
  const { records, target, targetStart, sourceEnd } = expected
  if (offset > sourceEnd) return { kind: 'unknown', reason: 'beyond-archive' }
  const index = records.findIndex((record) => record.offset >= offset)
  if (index < 0) return { kind: 'end', target: { ...target, offset: targetStart + BigInt(records.length) } }
  const place = { ...target, offset: targetStart + BigInt(index) }
  if (records[index]?.offset === offset) return { kind: 'exact', target: place }
  return { kind: index === 0 ? 'before-window' : 'next', target: place }
}

/** Source offsets that the map places elsewhere than counting does. */
export function mapFaults(map: OffsetMap, expected: ExpectedStream): readonly string[] {
  const faults: string[] = []
  for (let offset = 0n; offset <= expected.sourceEnd + 1n; offset += 1n) {
    const [found, meant] = [map.translate({ ...expected.source, offset }), bruteForce(expected, offset)]
    if (text(found) !== text(meant)) faults.push(`${offset}: ${text(found)} instead of ${text(meant)}`)
  }
  return faults
}

function text(value: unknown): string {
  return JSON.stringify(value, (_name, field: unknown) => (typeof field === 'bigint' ? `${field}` : field))
}

export async function storedMap(store: MemoryBlobStore, restoreId: string): Promise<OffsetMap> {
  const key = offsetMapKey(BACKUP_ID, restoreId)
  return readOffsetMap(openJson(await store.get(key), key), key)
}

/** Positions of the group that are not where its archived ones are in the target. */
export async function groupFaults(scenario: RestoreScenario, expected: readonly ExpectedStream[]) {
  const { source, target } = scenario
  const [archived] = await source.fetchGroupOffsets([GROUP])
  const [restored] = await target.fetchGroupOffsets([GROUP])
  return expected.flatMap((stream) => {
    const before = archived?.offsets.find(({ partition }) => partition === stream.source.partition)
    const after = restored?.offsets.find(({ partition }) => partition === stream.target.partition)
    const meant = bruteForce(stream, before?.offset ?? -1n)
    const isRight = meant.kind !== 'unknown' && after?.offset === meant.target.offset
    return isRight ? [] : [`partition ${stream.target.partition}: ${after?.offset} instead of ${text(meant)}`]
  })
}

/** All that is wrong after a restore. */
export async function restoreFaults(
  scenario: RestoreScenario,
  { restoreId, targetStart = 0n }: { readonly restoreId: string; readonly targetStart?: bigint },
): Promise<readonly string[]> {
  const expected = await expectedStreams(scenario, targetStart)
  const records = await Promise.all(expected.map((stream) => targetFaults(scenario.target, stream)))
  const map = await storedMap(scenario.store, restoreId)
  const offsets = expected.flatMap((stream) => mapFaults(map, stream))
  return [...records.flat(), ...offsets.slice(0, 3), ...(await groupFaults(scenario, expected))]
}
