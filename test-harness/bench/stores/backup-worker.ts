import { createBackup } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { measuredWork } from '../measured-work.ts'
import { storeAt } from './kbackup-mover.ts'
import type { StoreBackupJob } from './store-job.ts'

const { address, servers, topic, backupId }: StoreBackupJob = JSON.parse(process.argv[2] ?? '')
const result = await measuredWork(async () => {
  await using source = kafka({ brokers: [...servers] })
  return await createBackup({ source, storage: storeAt(address), backupId, topics: [topic] }).run()
})
process.stdout.write(`${JSON.stringify(result)}\n`)
