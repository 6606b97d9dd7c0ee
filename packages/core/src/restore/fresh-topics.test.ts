import { describe, expect, it } from 'vitest'
import type { BackupResult } from '../backup/backup-result.ts'
import { createBackup } from '../backup/create-backup.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import type { BrokerApi, BrokerFault } from '../testing/memory-kafka/broker-faults.ts'
import { valuesAt } from '../testing/memory-kafka/orders-cluster.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { createRestore } from './create-restore.ts'

const PARTITIONS = [0, 1].map((partition) => ({ topic: 'orders', partition }))
const VALUES = PARTITIONS.map(({ partition }) => Array.from({ length: 10 }, (_, index) => `${partition}-${index}`))
const MOST_RUNS = 10

async function filledSource(): Promise<MemoryKafkaCluster> {
  const source = new MemoryKafkaCluster({ clusterId: 'source' })
  await source.simulation.createTopic('orders', { partitionCount: PARTITIONS.length })
  for (const [index, where] of PARTITIONS.entries()) {
    for (const value of VALUES[index] ?? []) await source.simulation.append(where, [{ value }])
  }
  return source
}

/** Runs again what a broker has ended, as a person would. */
async function untilDone<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let runs = 1; ; runs++) {
    try {
      return await run()
    } catch (error) {
      if (!KbackupError.is(error) || runs === MOST_RUNS) throw error
    }
  }
}

function backUp(source: MemoryKafkaCluster, storage: MemoryBlobStore): Promise<BackupResult> {
  return untilDone(() => createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run())
}

const error = (name: 'NOT_LEADER_OR_FOLLOWER' | 'UNKNOWN_TOPIC_OR_PARTITION'): BrokerFault => ({ kind: 'error', name })

const LOST_ANSWER: BrokerFault = { kind: 'drop', when: 'after' }

/** What the first calls to topics meet that were made a moment ago: leaders that are not there yet, or do not answer. */
const FAULTS: readonly (readonly [name: string, fault: BrokerFault])[] = [
  ['without a leader', error('NOT_LEADER_OR_FOLLOWER')],
  ['not known yet', error('UNKNOWN_TOPIC_OR_PARTITION')],
  ['cut off before', { kind: 'drop', when: 'before' }],
  ['cut off after', LOST_ANSWER],
]
const LATE: readonly [string, BrokerFault] = ['landing late', { kind: 'late' }]

function strikes(api: BrokerApi, faults: typeof FAULTS, afters: readonly number[] = [0, 1]) {
  return faults.flatMap(([name, fault]) =>
    afters.flatMap((after) => [1, 3].map((times) => ({ api, name, fault, after, times }))),
  )
}

describe('topics that were created a moment ago', () => {
  it.each([...strikes('fetch', FAULTS), ...strikes('listOffsets', FAULTS, [0])])(
    'are archived with each record once ($api $name, $times times after $after)',
    async (strike) => {
      const [source, storage] = [await filledSource(), new MemoryBlobStore()]
      source.faults.schedule(strike)
      await backUp(source, storage)
      expect(source.faults.callCount(strike.api)).toBeGreaterThan(strike.after)
      const receipt = await createRestore({ storage, backupId: 'b', target: new MemoryKafkaCluster() }).run()
      expect(receipt.records).toBe(20)
    },
  )

  it.each([...strikes('produce', [...FAULTS, LATE]), ...strikes('describeProducers', FAULTS, [0])])(
    'are restored with each record once ($api $name, $times times after $after)',
    async (strike) => {
      const [source, storage] = [await filledSource(), new MemoryBlobStore()]
      await backUp(source, storage)
      const target = new MemoryKafkaCluster({ clusterId: 'target' })
      // Only who lost an answer asks for producers.
      if (strike.api === 'describeProducers') target.faults.schedule({ api: 'produce', fault: LOST_ANSWER })
      target.faults.schedule(strike)
      const receipt = await untilDone(() => createRestore({ storage, backupId: 'b', target }).run())
      expect(target.faults.callCount(strike.api)).toBeGreaterThan(strike.after)
      await target.faults.landLate()
      const found = await Promise.all(PARTITIONS.map((where) => valuesAt(target, where)))
      expect(found.map((values) => values.map((value) => value.replace(/^\d+:/, '')))).toEqual(VALUES)
      expect(receipt.records).toBe(20)
    },
  )
})
