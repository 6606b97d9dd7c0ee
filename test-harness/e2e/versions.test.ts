import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackup, createRestore } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { describe, expect, it } from 'vitest'
import { createTopic, plaintextClient, produceCorpus, readAllRecords, startKafka } from '../src/index.ts'

const TOPIC = 'payments'

describe.each(['3.9.1', '4.3.0'])('on Kafka %s', (version) => {
  it('a backup is restored record by record, and its group goes on where it was', async () => {
    await using cluster = await startKafka({ version })
    const folder = await mkdtemp(join(tmpdir(), 'kbackup-versions-'))
    const brokers = [...cluster.plaintextServers]
    await createTopic(cluster, { topic: TOPIC, partitions: 2 })
    await produceCorpus(cluster, { topic: TOPIC, codec: 'zstd', cases: ['committed:20', 'aborted:5', 'plain:30'] })
    const admin = plaintextClient(brokers).admin()
    await admin.connect()
    await admin.setOffsets({ groupId: 'billing', topic: TOPIC, partitions: [{ partition: 0, offset: '7' }] })
    await admin.disconnect()

    const end = Date.now()
    await using source = kafka({ brokers })
    const parts = { storage: fs({ directory: folder }), backupId: 'b' }
    const { groups } = await createBackup({ ...parts, source, topics: [TOPIC] }).run()
    expect(groups).toMatchObject({ captured: 1, offsetsTopic: 'archived' })
    const restore = createRestore({
      ...parts,
      target: source,
      window: { end },
      rename: { [TOPIC]: 'restored' },
      groups: ['billing'],
    })
    const receipt = await restore.run()
    expect(receipt).toMatchObject({ records: 50, groups: [{ outcome: 'reset', positions: [{ known: 'exact' }] }] })

    const content = async (topic: string) =>
      (await readAllRecords(cluster, { topics: [topic] })).map(({ timestamp, key, value, headers }) => ({
        timestamp,
        key,
        value,
        headers,
      }))
    expect(await content('restored')).toEqual(await content(TOPIC))
    const [group] = await source.fetchGroupOffsets(['billing'])
    expect(group?.offsets).toContainEqual(expect.objectContaining({ topic: 'restored', partition: 0, offset: 7n }))
    await rm(folder, { recursive: true })
  })
})
