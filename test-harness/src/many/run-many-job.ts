import { createBackup, createRestore, openArchive } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { observedCluster, observedStore } from '../crash/observed-requests.ts'
import { type ManyFigures, type ManyJob, readManyJob } from './many-job.ts'

/* A process to be measured: runs the job that its argument names, and prints what it took as one line of JSON. */

const startedAt = performance.now()
const requests = new Map<string, number>()
const requestSeconds = new Map<string, number>()
const firstEvents = new Map<string, number>()

function count(name: string): () => void {
  const beganAt = elapsedSeconds()
  requests.set(name, (requests.get(name) ?? 0) + 1)
  return () => requestSeconds.set(name, (requestSeconds.get(name) ?? 0) + elapsedSeconds() - beganAt)
}

function elapsedSeconds(): number {
  return (performance.now() - startedAt) / 1000
}

function onEvent({ type }: { readonly type: string }): void {
  if (!firstEvents.has(type)) firstEvents.set(type, elapsedSeconds())
}

async function recordsOf(job: ManyJob): Promise<number> {
  const { brokers, directory, backupId } = job
  const storage = observedStore(fs({ directory }), count)
  if (job.kind === 'verify') {
    const report = await (await openArchive(storage, backupId)).verify({ depth: 'records' })
    if (!report.ok) throw new Error(JSON.stringify(report.findings))
    return report.records
  }
  await using cluster = observedCluster(kafka({ brokers: [...brokers] }), count)
  if (job.kind === 'backup') {
    return (await createBackup({ source: cluster, storage, backupId, topics: job.topics }).run({ onEvent })).records
  }
  const rename = (topic: string) => `${job.prefix}${topic}`
  return (await createRestore({ target: cluster, storage, backupId, rename, verify: 'none' }).run({ onEvent })).records
}

async function figuresOf(job: ManyJob): Promise<ManyFigures> {
  const records = await recordsOf(job)
  const { user, system } = process.cpuUsage()
  return {
    records,
    seconds: elapsedSeconds(),
    cpuSeconds: (user + system) / 1_000_000,
    peakRssMiB: process.resourceUsage().maxRSS / 1024,
    firstEvents: Object.fromEntries(firstEvents),
    requests: Object.fromEntries(requests),
    requestSeconds: Object.fromEntries(requestSeconds),
  }
}

process.stdout.write(`${JSON.stringify(await figuresOf(readManyJob(process.argv[2] ?? '')))}\n`)
