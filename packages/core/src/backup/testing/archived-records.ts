import type { LineageState } from '../../archive/archive-state.ts'
import type { SectionEntry } from '../../archive/commit.ts'
import { openArchive } from '../../archive/open-archive.ts'
import type { SectionIndex } from '../../archive/section.ts'
import { readBlocks, readSectionIndex } from '../../archive/section-reader.ts'
import { decodeRecords } from '../../batch/batch-records.ts'
import { readBatches } from '../../batch/record-batch.ts'
import type { KafkaRecord } from '../../kafka/kafka-record.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import type { BlobStore } from '../../storage/blob-store.ts'

/** All lineages of a partition of an archive, oldest first. */
export async function archivedLineages(
  store: BlobStore,
  backupId: string,
  { topic, partition }: TopicPartition,
): Promise<readonly LineageState[]> {
  const { state } = await openArchive(store, backupId)
  return state.topics.get(topic)?.partitions.find((one) => one.partition === partition)?.lineages ?? []
}

/** The records of the newest lineage of a partition, inside the bounds of its sections, in order. */
export async function archivedRecords(
  store: BlobStore,
  backupId: string,
  where: TopicPartition,
): Promise<readonly KafkaRecord[]> {
  const lineages = await archivedLineages(store, backupId, where)
  const records: KafkaRecord[] = []
  for (const section of lineages.at(-1)?.sections ?? []) records.push(...(await sectionRecords(store, section)))
  return records
}

/** The records of one section; fails where its entry, its index and its bytes do not account for every offset. */
export async function sectionRecords(store: BlobStore, section: SectionEntry): Promise<readonly KafkaRecord[]> {
  const index = await readSectionIndex(store, section)
  const records: KafkaRecord[] = []
  for (const log of await readBlocks(store, section, index.blocks)) {
    for (const batch of readBatches(log, section, { cutShortTail: 'refuse' })) {
      records.push(...(await decodeRecords(batch, section)))
    }
  }
  const inside = records.filter(({ offset }) => offset >= section.startOffset && offset < section.nextOffset)
  assertAccounted(section, index, inside.length)
  return inside
}

function assertAccounted(
  { key, startOffset, nextOffset, records }: SectionEntry,
  index: SectionIndex,
  found: number,
): void {
  const absent = index.blocks.reduce((sum, block) => sum + block.absent, 0)
  const omitted = index.omissions.reduce((sum, omission) => sum + Number(omission.nextOffset - omission.startOffset), 0)
  const spanned = Number(nextOffset - startOffset)
  if (found === records && found + absent + omitted === spanned) return
  throw new Error(`${key}: ${found} records of ${records}, ${absent} absent, ${omitted} left out, ${spanned} offsets`)
}

/** What was left out of a partition's newest lineage, and why. */
export async function archivedOmissions(store: BlobStore, backupId: string, where: TopicPartition) {
  const lineages = await archivedLineages(store, backupId, where)
  const indexes = (lineages.at(-1)?.sections ?? []).map((section) => readSectionIndex(store, section))
  return (await Promise.all(indexes)).flatMap(({ omissions }) => omissions)
}
