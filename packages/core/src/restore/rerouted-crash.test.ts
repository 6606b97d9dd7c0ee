import { describe, expect, it } from 'vitest'
import { openJson } from '../archive/json-object.ts'
import { murmur2Partition } from '../batch/murmur2.ts'
import type { KafkaRecord } from '../kafka/kafka-record.ts'
import { readOffsetMap } from '../offsets/read-offset-map.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { createRestore } from './create-restore.ts'
import { offsetMapKey } from './restore-keys.ts'
import type { RestoreOptions } from './restore-options.ts'
import { MortalProcess } from './testing/mortal-process.ts'
import { outcomeOf, untilDone } from './testing/restore-runs.ts'
import { recordsAt } from './testing/restored-state.ts'
import { copyOf } from './testing/small-archive.ts'
import { PARTITION_COUNT, TwoTopics } from './testing/two-topics.ts'

const RESTORE_ID = 'r1'
/** Two records or so, so that the three that are made of one come in several. */
const SMALL_BATCHES = { 'max.message.bytes': '640' }

/** Drops every fourth record, and makes three of every third one. */
async function fanOut(record: KafkaRecord): Promise<readonly KafkaRecord[]> {
  const ordinal = Number(record.offset)
  if (ordinal % 4 === 0) return []
  const parts = ordinal % 3 === 0 ? ['a', 'b', 'c'] : ['']
  return parts.map((part) => ({
    ...record,
    value: Buffer.concat([record.value ?? Buffer.alloc(0), Buffer.from(part)]),
  }))
}

const KINDS: readonly (readonly [string, Partial<RestoreOptions>, (record: KafkaRecord) => number])[] = [
  ['merged', { partitionMapping: { 1: 0, 2: 1 } }, ({ partition }) => [0, 0, 1][partition] ?? -1],
  ['repartitioned', { repartition: { partitionCount: 2 } }, ({ key }) => murmur2Partition(key ?? Buffer.alloc(0), 2)],
  ['transformed', { transform: { version: '1', apply: fanOut } }, ({ partition }) => partition],
  [
    'transformed and repartitioned',
    { transform: { version: '1', apply: fanOut }, repartition: { partitionCount: 2 } },
    ({ key }) => murmur2Partition(key ?? Buffer.alloc(0), 2),
  ],
]

type Kind = (typeof KINDS)[number]

async function expectedStreams({ source }: TwoTopics, [, options, targetOf]: Kind) {
  const streams = new Map<string, string[]>()
  for (let partition = 0; partition < PARTITION_COUNT; partition++) {
    for (const record of await recordsAt(source, { topic: 'orders', partition })) {
      const made = options.transform === undefined ? [record] : await fanOut(record)
      for (const part of made) {
        const name = `${partition} → ${targetOf(part)}`
        streams.set(name, [...(streams.get(name) ?? []), String(part.value)])
      }
    }
  }
  return streams
}

/** What stands in the target, by source partition (which the values begin with) and target partition. */
async function foundStreams(target: MemoryKafkaCluster) {
  const streams = new Map<string, string[]>()
  const [described] = await target.describeTopics(['orders'])
  for (const { partition } of described?.partitions ?? []) {
    for (const { value } of await recordsAt(target, { topic: 'orders', partition })) {
      const name = `${String(value).slice(1, 2)} → ${partition}`
      streams.set(name, [...(streams.get(name) ?? []), String(value)])
    }
  }
  return streams
}

interface Trial {
  readonly at: TwoTopics
  readonly target: MemoryKafkaCluster
  readonly storage: TwoTopics['storage']
  readonly options: Partial<RestoreOptions>
}

function runIn(process: MortalProcess, { target, storage, options }: Trial) {
  return createRestore({
    storage: process.store(storage),
    target: process.cluster(target),
    backupId: 'b',
    topics: ['orders'],
    environment: process.environment,
    newRestoreId: RESTORE_ID,
    ...options,
  }).run()
}

/** Every record that the map places must be there, and be made of the record that it is said to be. */
async function mapFaults({ storage, target }: Trial): Promise<readonly string[]> {
  const key = offsetMapKey('b', RESTORE_ID)
  const map = readOffsetMap(openJson(await storage.get(key), key), key)
  const faults: string[] = []
  for (const { source, target: where, ...stream } of map.streams) {
    const records = new Map((await recordsAt(target, where)).map((record) => [record.offset, String(record.value)]))
    for (const run of stream.runs()) {
      for (let step = 0n; step <= run.sourceLast - run.sourceFirst; step += 1n) {
        const found = records.get(run.targetFirst + step)?.replace(/[abc]$/, '')
        const meant = `p${source.partition}r${run.sourceFirst + step}`
        if (found !== meant) faults.push(`${run.targetFirst + step}: ${found} instead of ${meant}`)
      }
    }
  }
  return faults
}

describe.each(KINDS)('a restore whose records are %s', (...kind) => {
  it.each(['broker', 'store'] as const)('restores each once, in order, killed at any call to the %s', async (place) => {
    const at = await TwoTopics.backedUp(undefined, SMALL_BATCHES)
    const expected = await expectedStreams(at, kind)
    let struck = 0
    for (let call = 1; ; call += 1) {
      const target = new MemoryKafkaCluster({ clusterId: 'target' })
      const trial = { at, target, storage: await copyOf(at.storage), options: { maxMemoryBytes: 1 << 20, ...kind[1] } }
      const process = new MortalProcess({ at: place, call, when: 'after' })
      await outcomeOf(runIn(process, trial))
      if (!process.isStruck) break
      await untilDone((process) => runIn(process, trial))
      expect(await foundStreams(target), `killed at call ${call}`).toEqual(expected)
      expect(await mapFaults(trial), `killed at call ${call}`).toEqual([])
      struck += 1
    }
    expect(struck).toBeGreaterThan(10)
  })
})
