import { writeSync } from 'node:fs'
import { createBackup, createRestore, KbackupError } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { type CrashJob, type JobLine, readCrashJob } from './crash-job.ts'
import { observedCluster, observedStore } from './observed-requests.ts'

/*
 * A process to be killed: runs the job that its argument names, and prints a line of JSON for each request that begins
 * or ends. Lines are written at once: what was in flight when it was killed is known.
 */

const STDOUT = 1

function say(line: JobLine): void {
  writeSync(STDOUT, `${JSON.stringify(line)}\n`)
}

function observe(name: string): () => void {
  say({ begins: name })
  return () => say({ ends: name })
}

async function run(job: CrashJob): Promise<JobLine> {
  const { brokers, directory, backupId, topic } = job
  await using cluster = observedCluster(kafka({ brokers: [...brokers] }), observe)
  const storage = observedStore(fs({ directory }), observe)
  if (job.kind === 'backup') {
    const limits = { maxSegmentBytes: 2 << 20, commitIntervalMs: 20 }
    const { records } = await createBackup({ source: cluster, storage, backupId, topics: [topic], ...limits }).run()
    return { done: { records } }
  }
  const { target, groupId } = job
  const names = { topics: [topic], rename: { [topic]: target }, groups: [groupId] }
  const { restoreId, records } = await createRestore({ target: cluster, storage, backupId, ...names }).run()
  return { done: { restoreId, records } }
}

try {
  say(await run(readCrashJob(process.argv[2] ?? '')))
} catch (error) {
  const code = KbackupError.is(error) ? error.code : 'unknown'
  say({ failed: code, message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}
