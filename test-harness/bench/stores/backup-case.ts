import type { StoreAddress } from '../../src/storage/store-address.ts'
import { storeAt } from '../../src/storage/store-at.ts'
import type { BenchCase } from '../bench-sample.ts'
import { measuredProcess } from '../measured-process.ts'
import type { WorkerResult } from '../worker-job.ts'
import type { BackupTopic } from './backup-topic.ts'
import type { StoreBackupJob } from './store-job.ts'

export interface BackupCaseOptions {
  readonly source: BackupTopic
  readonly partitions: number
  readonly workerFile: string
}

/** A backup of many partitions with default options: what it takes in memory while all of them are on their way. */
export function backupCase(address: StoreAddress, { source, partitions, workerFile }: BackupCaseOptions): BenchCase {
  const { servers, topic, records, valueBytes } = source
  return {
    name: `${address.backend} backup, ${partitions} partitions`,
    valueBytes,
    async run(round) {
      const backupId = `bench-${round}`
      const job: StoreBackupJob = { address, servers, topic, backupId }
      const { stdout, peakRssMiB } = await measuredProcess({
        command: process.execPath,
        args: [workerFile, JSON.stringify(job)],
        keepsOutput: true,
      })
      const result: WorkerResult = JSON.parse(stdout)
      if (result.records !== records) throw new Error(`${result.records} records were moved instead of ${records}`)
      const store = await storeAt(address)
      for await (const { key } of store.list(`${backupId}/`)) await store.delete(key)
      const { seconds, cpuSeconds, storedBytes } = result
      return { seconds, cpuSeconds, storedBytes, peakRssMiB }
    },
  }
}
