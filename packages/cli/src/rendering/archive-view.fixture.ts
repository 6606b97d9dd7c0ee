import { type LineageState, restorableRange, type SectionEntry, type TopicState } from '@kbackup/core'
import type { ReportedArchive } from './archive-facts.ts'

const TOPIC_ID = '0123456789abcdef0123456789abcdef'
const DIGEST = 'ab'.repeat(32)

/** What a test says of one section; the rest does not matter to reports. */
export interface SectionFacts {
  readonly offsets: readonly [start: bigint, next: bigint]
  readonly times: readonly [earliest: bigint | null, latest: bigint | null]
  readonly records?: number
}

/** A life of a partition with these sections. */
export function lineage(topic: string, partition: number, sections: readonly SectionFacts[], number = 0): LineageState {
  const facts = { topic, partition, topicId: TOPIC_ID, lineage: number }
  return {
    ...facts,
    startOffset: sections[0]?.offsets[0] ?? 0n,
    nextOffset: sections.at(-1)?.offsets[1] ?? 0n,
    reason: number === 0 ? 'first' : 'topic-recreated',
    sections: sections.map((section) => sectionEntry(facts, section)),
    gaps: [],
    lastCut: null,
  }
}

function sectionEntry(
  facts: Pick<SectionEntry, 'topic' | 'partition' | 'topicId' | 'lineage'>,
  { offsets, times, records }: SectionFacts,
): SectionEntry {
  const vouched = { position: 0, length: 1_000_000, sha256: DIGEST }
  return {
    ...facts,
    ...vouched,
    key: `a/topics/${facts.topic}/partition=${facts.partition}/segment-${offsets[0]}.zst`,
    codec: 'zstd',
    index: vouched,
    startOffset: offsets[0],
    nextOffset: offsets[1],
    records: records ?? Number(offsets[1] - offsets[0]),
    logBytes: 4_000_000,
    largestBatchBytes: 16_384,
    minTimestamp: times[0],
    maxTimestamp: times[1],
    leaderEpochs: [],
  }
}

/** A topic with these lives of its partitions. */
export function topicState(topic: string, lineages: readonly LineageState[]): TopicState {
  const partitions = [...new Set(lineages.map(({ partition }) => partition))]
  return {
    topic,
    topicId: TOPIC_ID,
    partitionCount: partitions.length,
    replicationFactor: 1,
    configs: {},
    deleted: false,
    partitions: partitions.map((partition) => ({
      partition,
      lineages: lineages.filter((candidate) => candidate.partition === partition),
    })),
  }
}

/** An archive with these topics, after one commit. */
export function archiveView(backupId: string, topics: readonly TopicState[]): ReportedArchive {
  const unused = () => Promise.reject(new Error('reports read no objects'))
  const state = {
    archiveId: 'f'.repeat(32),
    head: { sequence: 7, sha256: DIGEST },
    topics: new Map(topics.map((topic) => [topic.topic, topic])),
    captures: [
      {
        sequence: 7,
        startedAtMs: 1_705_316_399_000n,
        observedAtMs: 1_705_316_400_000n,
        groupIds: ['payment-processor'],
        unread: [],
      },
    ],
    dropped: new Set<string>(),
    unsafeSingleWriter: false,
  }
  return {
    backupId,
    restorableRange: restorableRange(state),
    info: { format: 1, archiveId: 'f'.repeat(32), backupId, createdAtMs: 1_705_312_800_000n, recipients: [] },
    state,
    warnings: [],
    readCommit: unused,
    readCapture: unused,
  }
}
