import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { type BlobStore, createBackup, createOffsetReset, createRestore, KbackupError } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { storeAt } from '../storage/store-at.ts'
import { type CrashJob, type JobLine, readCrashJob } from './crash-job.ts'
import { heldCommits } from './held-commits.ts'
import { observedCluster, observedStore } from './observed-requests.ts'
import { slowParts } from './slow-parts.ts'

/*
 * A process to be killed: runs the job that its argument names, and prints a line of JSON for each request that begins
 * or ends. Lines are written at once: what was in flight when it was killed is known.
 */

const STDOUT = 1
const MIB = 1024 * 1024
const PART_BYTES = 5 * MIB
/** At a time, so that a kill meets groups that are set and others that are not. */
const FEW_GROUPS = 3

function say(line: JobLine): void {
  writeSync(STDOUT, `${JSON.stringify(line)}\n`)
}

function observe(name: string): () => void {
  say({ begins: name })
  return () => say({ ends: name })
}

/** Resolves when whoever started this process says so, by closing its input. */
async function go(): Promise<void> {
  process.stdin.resume()
  await once(process.stdin, 'end')
}

async function storeOf(job: CrashJob): Promise<BlobStore> {
  if (job.kind !== 'store-backup') return fs({ directory: job.directory })
  const store = await storeAt(job.store, { partBytes: PART_BYTES })
  return slowParts(heldCommits(store, job.awaitsGo === true ? go() : undefined), PART_BYTES, observe)
}

async function run(job: CrashJob): Promise<JobLine> {
  const { brokers, backupId, topic } = job
  await using cluster = observedCluster(kafka({ brokers: [...brokers] }), observe)
  const storage = observedStore(await storeOf(job), observe)
  if (job.kind === 'reset') {
    const reset = createOffsetReset({ target: cluster, storage, backupId, maxConcurrent: FEW_GROUPS })
    const { recovered } = await reset.run()
    const undone = recovered.filter(({ outcome }) => outcome === 'undone').length
    return { done: { undone, finished: recovered.length - undone } }
  }
  if (job.kind !== 'restore') {
    const maxSegmentBytes = job.kind === 'backup' ? 2 * MIB : (job.maxSegmentBytes ?? 64 * MIB)
    const limits = { maxSegmentBytes, commitIntervalMs: 20 }
    const { records } = await createBackup({ source: cluster, storage, backupId, topics: [topic], ...limits }).run()
    return { done: { records } }
  }
  const { target, groupId, existingTopics, replicationFactor } = job
  const names = { topics: [topic], rename: { [topic]: target }, groups: [groupId] }
  const options = { target: cluster, storage, backupId, existingTopics, replicationFactor }
  const { restoreId, records } = await createRestore({ ...options, ...names }).run()
  return { done: { restoreId, records } }
}

try {
  say(await run(readCrashJob(process.argv[2] ?? '')))
} catch (error) {
  const code = KbackupError.is(error) ? error.code : 'unknown'
  say({ failed: code, message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}
