import { createBackup, createRestore } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'

const { KAFKA_BROKERS = 'localhost:9092', BACKUP_DIRECTORY = './backups' } = process.env
const interruption = new AbortController()
process.once('SIGINT', () => interruption.abort(new Error('interrupted')))
const { signal } = interruption

await using cluster = kafka({ brokers: KAFKA_BROKERS.split(','), clientId: 'in-app-backup' })
const archive = { storage: fs({ directory: BACKUP_DIRECTORY }), backupId: 'orders' }

const backup = createBackup({ ...archive, source: cluster, topics: ['orders', 'orders.*'] })
const { records, commit } = await backup.run({
  signal,
  onEvent: (event) => event.type === 'topic-end' && console.log(`${event.topic}: ${event.records} new records`),
})
console.log(`archived ${records} new records in commit ${commit.sequence}`)

const rename = (topic: string) => `restored.${topic}`
const restore = createRestore({ ...archive, target: cluster, window: { end: new Date() }, rename, groups: 'all' })
const plan = await restore.plan({ signal })
console.log(String(plan))
const receipt = await restore.run({
  plan,
  signal,
  onEvent: (event) => event.type === 'progress' && console.log(`restored ${event.percent} %`),
})
console.log(`restored ${receipt.records} records, and the groups ${receipt.groups.map(({ groupId }) => groupId)}`)
