import { createBackup } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { storeAt } from '../../src/storage/store-at.ts'
import { measuredWork } from '../measured-work.ts'
import type { StoreBackupJob } from './store-job.ts'

const { address, servers, topic, backupId }: StoreBackupJob = JSON.parse(process.argv[2] ?? '')
const storage = await storeAt(address)
const result = await measuredWork(async () => {
  await using source = kafka({ brokers: [...servers] })
  return await createBackup({ source, storage, backupId, topics: [topic] }).run()
})
process.stdout.write(`${JSON.stringify(result)}\n`)
