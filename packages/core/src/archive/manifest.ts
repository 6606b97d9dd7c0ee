import type { ArchiveState, LineageState, PartitionState } from './archive-state.ts'
import type { SectionEntry } from './commit.ts'
import { sealJson } from './json-object.ts'

/**
 * The bytes of `manifest.json`: what a state holds, in a shape for people and jq. Nothing is decided by it.
 *
 * Files are named from the folder of the archive; offsets and times are JSON numbers, both ends included, and a time
 * that is not known is `null`.
 */
export function writeManifest(backupId: string, state: ArchiveState): Buffer {
  const topics = [...state.topics.values()].map(({ topic, topicId, deleted, partitions }) => [
    topic,
    {
      topic_id: topicId,
      deleted,
      partitions: Object.fromEntries(partitions.map((one) => partitionFiles(backupId, one))),
    },
  ])
  return sealJson({
    format: 1,
    backup_id: backupId,
    archive_id: state.archiveId,
    commit: state.head,
    topics: Object.fromEntries(topics),
  })
}

function partitionFiles(backupId: string, { partition, lineages }: PartitionState): [string, object] {
  return [
    String(partition),
    {
      segment_files: lineages.flatMap((lineage) => lineage.sections.map((section) => file(backupId, lineage, section))),
    },
  ]
}

function file(backupId: string, { lineage }: LineageState, section: SectionEntry): object {
  return {
    file: section.key.slice(backupId.length + 1),
    start_offset: jsonNumber(section.startOffset),
    end_offset: jsonNumber(section.nextOffset - 1n),
    start_timestamp: jsonNumber(section.minTimestamp),
    end_timestamp: jsonNumber(section.maxTimestamp),
    record_count: section.records,
    lineage,
    position: section.position,
    length: section.length,
  }
}

/** A number as long as it is exact as one. */
function jsonNumber(value: bigint | null): number | string | null {
  if (value === null) return null
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
