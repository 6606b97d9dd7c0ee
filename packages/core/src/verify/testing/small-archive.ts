import { type ArchiveWriter, openArchiveWriter } from '../../archive/archive-writer.ts'
import { sealBundle } from '../../archive/bundle.ts'
import type { CommitDraft, SectionEntry } from '../../archive/commit.ts'
import { sealJson } from '../../archive/json-object.ts'
import { pinCommit } from '../../archive/pins.ts'
import {
  BACKUP_ID,
  createOrders,
  EMPTY_DRAFT,
  lineageOf,
  preconditionOf,
} from '../../archive/testing/commit-fixture.ts'
import { batchOf, storeSection } from '../../archive/testing/section-fixture.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'

/** An archive with one of everything: segments, a bundle, a snapshot, a manifest, a capture, a pin, a restore's receipt. */
export async function smallArchive(): Promise<MemoryBlobStore> {
  const store = new MemoryBlobStore()
  const writer = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: true, snapshotEveryCommits: 3 })
  await writer.commit(createOrders(3))
  await writer.commit(adding(writer, [await segment(store, writer, 'zstd')]))
  await writer.commit(adding(writer, await bundle(store, writer)))
  await writer.commit({ ...adding(writer, [await segment(store, writer, 'lz4')]), capture: CAPTURE })
  if (writer.state.head === null) throw new Error('no head')
  await pinCommit(store, BACKUP_ID, { commit: writer.state.head, purpose: 'test' })
  await store.put(`${BACKUP_ID}/restores/r1/receipt.json`, sealJson({ restored: 1n }))
  return store
}

const CAPTURE = {
  startedAtMs: 1n,
  observedAtMs: 2n,
  offsetsTopicEnds: [],
  groups: [{ groupId: 'g', type: 'classic', protocolType: 'consumer', state: 'Empty', offsets: [] }],
  unread: [],
}

function adding(writer: ArchiveWriter, sections: readonly SectionEntry[]): CommitDraft {
  const preconditions = sections.map(({ partition }) => preconditionOf(writer.state, partition))
  return { ...EMPTY_DRAFT, preconditions, sections }
}

async function segment(store: MemoryBlobStore, writer: ArchiveWriter, codec: 'zstd' | 'lz4'): Promise<SectionEntry> {
  const startOffset = codec === 'zstd' ? 0n : 20n
  const batches = [
    await batchOf(startOffset, { records: 4 }),
    await batchOf(startOffset + 6n, { records: 4, codec: 'gzip' }),
  ]
  const omissions = [{ startOffset: startOffset + 4n, nextOffset: startOffset + 6n, reason: 'aborted' }] as const
  const key = writer.segmentKey(lineageOf(0), startOffset, codec)
  const { archiveId } = writer
  const spec = { archiveId, lineage: lineageOf(0), batches, omissions, startOffset, nextOffset: startOffset + 20n }
  return storeSection(store, { ...spec, codec, key, blockBytes: 1 })
}

/** Three sections, of which one is not committed, as after another writer has taken its partition. */
async function bundle(store: MemoryBlobStore, writer: ArchiveWriter): Promise<readonly SectionEntry[]> {
  const { archiveId } = writer
  const scratch = new MemoryBlobStore()
  const sections = await Promise.all(
    [1, 2, 1].map(async (partition, number) => {
      const batches = [await batchOf(0n, { records: 3 + number })]
      const lineage = lineageOf(partition)
      const spec = {
        archiveId,
        lineage,
        batches,
        startOffset: 0n,
        nextOffset: 3n + BigInt(number),
        key: `scratch/${number}`,
      }
      const { key, ...sealed } = await storeSection(scratch, spec)
      return { bytes: await scratch.get(key), sealed }
    }),
  )
  const key = writer.bundleKey()
  const { bytes, entries } = sealBundle(sections, { archiveId, key })
  await store.put(key, bytes, { ifAbsent: true })
  return entries.slice(0, 2)
}
