import type { BlobStore } from '../../storage/blob-store.ts'
import { type ScriptedBlobFault, scriptedBlobFaults } from '../../testing/blob-fault.ts'
import { FaultBlobStore } from '../../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { seededRandom } from '../../testing/seeded-random.ts'
import { type ArchiveWriter, type ArchiveWriterOptions, openArchiveWriter } from '../archive-writer.ts'
import type { Environment } from '../environment.ts'
import { BACKUP_ID, createOrders } from './commit-fixture.ts'

/** Waits for nothing, so that backing off takes no time; counts how often it was asked to. */
export function quickEnvironment(seed = 1): Environment & { readonly sleeps: number[] } {
  const random = seededRandom(seed)
  const sleeps: number[] = []
  const digit = () => Math.floor(random() * 16).toString(16)
  return {
    sleeps,
    random,
    nowMs: () => 1_764_000_000_000,
    nonce: (bytes) => Array.from({ length: bytes * 2 }, digit).join(''),
    sleep: async (delayMs, signal) => {
      signal?.throwIfAborted()
      sleeps.push(delayMs)
    },
  }
}

export function openWriter(store: BlobStore, options: Partial<ArchiveWriterOptions> = {}): Promise<ArchiveWriter> {
  return openArchiveWriter(store, BACKUP_ID, { createIfMissing: true, environment: quickEnvironment(), ...options })
}

export async function startedArchive(partitions = 2): Promise<MemoryBlobStore> {
  const store = new MemoryBlobStore()
  await (await openWriter(store)).commit(createOrders(partitions))
  return store
}

export function faulty(store: BlobStore, ...script: readonly ScriptedBlobFault[]): FaultBlobStore {
  return new FaultBlobStore(store, { schedule: scriptedBlobFaults(script), sleep: async () => undefined })
}
