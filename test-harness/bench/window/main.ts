import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BlobStore, createBackup, createRestore } from '@kbackup/core'
import { MemoryKafkaCluster } from '@kbackup/core/testing'
import { fs } from '@kbackup/storage-fs'
import { writeEvidence } from '../../src/evidence.ts'
import { guardWithParent } from '../../src/process/parent-guard.ts'
import { sayProgress } from '../../src/progress-line.ts'
import { eventLines } from '../event-payloads.ts'

/*
 * How much of an archive of a hundred hours a restore of one hour reads. Clusters are in memory, since only bytes of the
 * archive are counted: by the restore itself, and by the store that it reads.
 */

const [HOURS, HOUR_MS, EVENTS_AN_HOUR, EVENTS_A_BATCH] = [100, 3_600_000, 3_000, 100]
const [TOPIC, BACKUP, DATA] = ['orders', 'window', 'window/topics/']

async function run(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'kbackup-bench-window-'))
  const release = guardWithParent({ remove: directory })
  try {
    const firstMs = Date.now() - HOURS * HOUR_MS
    await backUp(directory, firstMs)
    const figures = await restoreOneHour(directory, firstMs + 50 * HOUR_MS)
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
    await writeEvidence({ name: 'narrow-window', what: 'One hour restored of an archive of a hundred.', figures })
  } finally {
    await rm(directory, { recursive: true, force: true })
    release()
  }
}

async function backUp(directory: string, firstMs: number): Promise<void> {
  const source = new MemoryKafkaCluster({ clusterId: 'source' })
  await source.simulation.createTopic(TOPIC, { configs: { 'retention.ms': '-1' } })
  const events = eventLines().trimEnd().split('\n')
  const total = HOURS * EVENTS_AN_HOUR
  for (let next = 0; next < total; next += EVENTS_A_BATCH) {
    const records = Array.from({ length: EVENTS_A_BATCH }, (_none, index) => ({
      value: events[(next + index) % events.length] ?? '',
      timestamp: BigInt(firstMs + Math.floor(((next + index) * HOUR_MS) / EVENTS_AN_HOUR)),
    }))
    await source.simulation.append({ topic: TOPIC, partition: 0 }, records)
  }
  sayProgress(`backing up ${total.toLocaleString('en-US')} events of ${HOURS} hours`)
  await createBackup({ source, storage: fs({ directory }), backupId: BACKUP, topics: [TOPIC] }).run()
}

async function restoreOneHour(directory: string, startMs: number): Promise<Readonly<Record<string, number>>> {
  const store = fs({ directory })
  const archiveBytes = await bytesBelow(store, DATA)
  const counted = countingStore(store)
  const target = new MemoryKafkaCluster({ clusterId: 'target' })
  const window = { start: BigInt(startMs), end: BigInt(startMs + HOUR_MS - 1) }
  const restore = createRestore({ storage: counted.store, backupId: BACKUP, target, window, verify: 'none' })
  const { records, read } = await restore.run()
  return {
    archiveBytes,
    records,
    ...read,
    percentRead: percent(read.bytesRead, archiveBytes),
    // What the plan reads is among them.
    bytesFromStore: counted.bytes(),
    percentFromStore: percent(counted.bytes(), archiveBytes),
  }
}

function percent(bytes: number, ofBytes: number): number {
  return Number(((100 * bytes) / ofBytes).toFixed(2))
}

async function bytesBelow(store: BlobStore, prefix: string): Promise<number> {
  let bytes = 0
  for await (const { size } of store.list(prefix)) bytes += size
  return bytes
}

/** Counts what is read of the segments. */
function countingStore(inner: BlobStore) {
  let bytes = 0
  const get: BlobStore['get'] = async (key, options) => {
    const found = await inner.get(key, options)
    if (key.startsWith(DATA)) bytes += found.length
    return found
  }
  const store = new Proxy(inner, {
    get: (target, name) => {
      if (name === 'get') return get
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function'
        ? (...args: readonly unknown[]) => Reflect.apply(member, target, args)
        : member
    },
  })
  return { store, bytes: () => bytes }
}

await run()
