import { createBackup, createRestore } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { compressAlone, loadBlocks } from './codec-alone.ts'
import { measuredWork } from './measured-work.ts'
import type { BackupJob, CodecJob, RestoreJob, WorkerJob, WorkerResult } from './worker-job.ts'

const BACKUP_ID = 'bench'

async function backUp({ servers, directory, topics, ...options }: BackupJob): Promise<WorkerResult> {
  return measuredWork(async () => {
    await using source = kafka({ brokers: [...servers] })
    const storage = fs({ directory })
    const { compression, indexTimestamps } = options
    const backup = createBackup({
      source,
      storage,
      backupId: BACKUP_ID,
      topics,
      consumerGroups: false,
      compression,
      indexTimestamps,
    })
    return await backup.run()
  })
}

async function restore({ servers, directory, topics, targetPrefix, verify }: RestoreJob): Promise<WorkerResult> {
  return measuredWork(async () => {
    await using target = kafka({ brokers: [...servers] })
    const rename = (topic: string) => `${targetPrefix}${topic}`
    const parts = { storage: fs({ directory }), backupId: BACKUP_ID, topics }
    const receipt = await createRestore({ ...parts, target, rename, verify }).run()
    return { records: receipt.records, storedBytes: receipt.read.bytesRead }
  })
}

async function codec(job: CodecJob): Promise<WorkerResult> {
  const blocks = await loadBlocks(job)
  return measuredWork(async () => ({ records: 0, storedBytes: await compressAlone(blocks, job) }))
}

function perform(job: WorkerJob): Promise<WorkerResult> {
  if (job.kind === 'backup') return backUp(job)
  return job.kind === 'restore' ? restore(job) : codec(job)
}

const job: WorkerJob = JSON.parse(process.argv[2] ?? '')
process.stdout.write(`${JSON.stringify(await perform(job))}\n`)
