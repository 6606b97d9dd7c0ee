import { describe, expect, it } from 'vitest'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { FetchedPartition } from '../kafka/kafka-data.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { appendValues, type BackupFixture, backupFixture } from './testing/backup-fixture.ts'

/** Changes what brokers answer for one partition at a time. */
function onAnswer({ source }: BackupFixture, change: (answer: FetchedPartition) => FetchedPartition): void {
  const fetch = source.fetch.bind(source)
  source.fetch = async (...args) => {
    const { partitions, ...rest } = await fetch(...args)
    return { ...rest, partitions: partitions.map(change) }
  }
}

describe('a store that refuses what waits in a bundle', () => {
  it('when a topic has vanished ends the whole run at once, also where another partition gives nothing', async () => {
    const fixture = await backupFixture()
    await fixture.source.simulation.createTopic('silent')
    await fixture.source.simulation.append({ topic: 'silent', partition: 0 }, [{ value: 's' }])
    for (const partition of [0, 1]) await appendValues(fixture.source, partition, ['a', 'b'])
    const nothing = { records: Buffer.alloc(0), lastStableOffset: 0n }
    const gone = { ...nothing, error: { code: 3, name: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: false } }
    onAnswer(fixture, (answer) => {
      if (answer.topic === 'silent') return { ...answer, ...nothing }
      if (answer.partition === 1) return answer
      const isOtherBundled = fixture.events.some(({ type }) => type === 'partition-end')
      return { ...answer, ...(isOtherBundled ? gone : nothing) }
    })
    const error = new KbackupError('KB_STORE_FORBIDDEN', { message: 'no' })
    const storage = new FaultBlobStore(fixture.store, {
      schedule: ({ operation, key }) =>
        operation === 'put' && /topics|bundles/.test(key) ? { kind: 'fail-before', error } : undefined,
    })
    await expect(fixture.run({ topics: ['orders', 'silent'], storage, consumerGroups: false })).rejects.toBe(error)
  })
})
