import { snapshotKey } from '../../archive/archive-keys.ts'
import { type Environment, systemEnvironment } from '../../archive/environment.ts'
import { openArchive } from '../../archive/open-archive.ts'
import { pinCommit } from '../../archive/pins.ts'
import { writeSnapshot } from '../../archive/snapshot.ts'
import { createBackup } from '../../backup/create-backup.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { seededRandom } from '../../testing/seeded-random.ts'
import { createRestore } from '../create-restore.ts'

export const BACKUP_ID = 'b'
export const GROUP = 'billing'
export const PARTITIONS = [0, 1].map((partition) => ({ topic: 'orders', partition }))

const NOW_MS = 1_764_000_000_000

/** The same archive each time, byte for byte, so that processes can share the damages to it. */
export function steadyEnvironment(): Environment {
  const random = seededRandom(7)
  const digit = () => Math.floor(random() * 16).toString(16)
  return {
    nowMs: () => NOW_MS,
    nonce: (bytes) => Array.from({ length: bytes * 2 }, digit).join(''),
    random,
    sleep: systemEnvironment.sleep,
  }
}

/**
 * An archive with one of everything, in some 20 KiB: segments and a bundle, commits with captures, a snapshot, the manifest,
 * a pin, and journal, claim, offset map and receipt of a restore that is done.
 */
export async function smallArchive(): Promise<MemoryBlobStore> {
  const source = new MemoryKafkaCluster({ clusterId: 'source', offsetsTopicPartitions: 1, now: () => NOW_MS })
  const storage = new MemoryBlobStore()
  const environment = steadyEnvironment()
  const backup = { source, storage, backupId: BACKUP_ID, topics: ['orders'], environment }
  await source.simulation.createTopic('orders', { partitionCount: PARTITIONS.length })
  await fill(source, 'none')
  await createBackup({ ...backup, maxSegmentBytes: 1 }).run()
  await fill(source, 'lz4')
  await createBackup(backup).run()
  await createRestore({ storage, backupId: BACKUP_ID, target: emptyTarget(), groups: [GROUP], environment }).run()
  await addSnapshotAndPin(storage, environment)
  return storage
}

/** Each time the same cluster, with nothing in it. */
export function emptyTarget(): MemoryKafkaCluster {
  return new MemoryKafkaCluster({ clusterId: 'target', offsetsTopicPartitions: 1, now: () => NOW_MS })
}

async function fill(source: MemoryKafkaCluster, codec: 'none' | 'lz4'): Promise<void> {
  for (const where of PARTITIONS) {
    await source.simulation.append(where, [{ value: `a ${codec}` }, { value: `b ${codec}` }], { codec })
    await source.commitGroupOffsets(GROUP, [{ ...where, offset: 1n, leaderEpoch: -1, metadata: null }])
  }
}

async function addSnapshotAndPin(storage: MemoryBlobStore, environment: Environment): Promise<void> {
  const { state } = await openArchive(storage, BACKUP_ID)
  const bytes = writeSnapshot(state)
  if (state.head === null || bytes === undefined) throw new Error('the archive has no commits')
  await storage.put(snapshotKey(BACKUP_ID, state.head.sequence), bytes)
  await pinCommit(storage, BACKUP_ID, { commit: state.head, purpose: 'test', environment })
}

export async function copyOf(store: MemoryBlobStore): Promise<MemoryBlobStore> {
  const copy = new MemoryBlobStore()
  for (const key of store.keys()) await copy.put(key, await store.get(key))
  return copy
}
