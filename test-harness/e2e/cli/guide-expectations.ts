import { z } from 'zod'
import { GUIDE_TOPICS, guideGroupOffset, PARTITIONS, TIMESTAMPS } from './guide-source.ts'

/** Which topics a configuration of the guides selects; all of them where it is not named here. */
const SELECTED: Readonly<Record<string, readonly string[]>> = {
  'implementation-release-rollback': ['notifications', 'user-events'],
  'restore-guide-filtered': ['orders', 'payments-v1'],
  'restore-guide-glob-patterns': ['orders', 'payments-test', 'payments-v1', 'us-topic', 'user-events'],
  'restore-guide-regex-patterns': ['billing', 'orders-1', 'payments', 'payments-v1', 'user-v2'],
  'restore-guide-include-exclude': GUIDE_TOPICS.filter(
    (topic) => !['orders-changelog', 'payments-test'].includes(topic),
  ),
  'restore-guide-partition-recovery': ['high-volume-topic'],
  'restore-guide-complete': ['orders', 'payments'],
  'restore-guide-disaster-recovery': ['orders'],
  'restore-guide-environment-cloning': ['inventory', 'orders', 'payments'],
  'restore-guide-point-in-time-recovery': ['transactions'],
}

const windowKeys = { time_window_start: z.number().optional(), time_window_end: z.number().optional() }

const fixtureSchema = z.object({
  backup_id: z.string(),
  restore: z
    .object({
      ...windowKeys,
      topics: z.array(z.union([z.string(), z.object({ name: z.string(), ...windowKeys })])).optional(),
      source_partitions: z.array(z.number()).optional(),
      topic_mapping: z.record(z.string(), z.string()).optional(),
      partition_mapping: z.record(z.string(), z.number()).optional(),
      dry_run: z.boolean().optional(),
      consumer_groups: z.array(z.string()).optional(),
      checkpoint_state: z.string().optional(),
      offset_report: z.string().optional(),
    })
    .optional(),
})

/** What a configuration of the guides asks for, read without the code under test. */
export type GuideFixture = z.output<typeof fixtureSchema>

/** Reads what stands in a fixture. */
export function readFixture(value: unknown): GuideFixture {
  return fixtureSchema.parse(value)
}

/** `topic/partition timestamp` of every record that a restore must bring, in order within each source partition. */
export function expectedRecords(
  name: string,
  fixture: GuideFixture,
  all: readonly string[] = GUIDE_TOPICS,
): readonly string[] {
  const { restore = {} } = fixture
  const targets = (SELECTED[name] ?? namedTopics(fixture) ?? all).map((topic) => {
    return { target: restore.topic_mapping?.[topic] ?? topic, timestamps: timestampsOf(topic, fixture) }
  })
  return targets
    .sort((one, other) => (one.target < other.target ? -1 : 1))
    .flatMap(({ target, timestamps }) =>
      targetPartitions(fixture).flatMap((partition) => timestamps.map((time) => `${target}/${partition} ${time}`)),
    )
}

/** Records in the order in which they must stand; those of merged partitions in any. */
export function comparable(fixture: GuideFixture, records: readonly string[]): readonly string[] {
  return mergesPartitions(fixture) ? [...records].sort() : records
}

/** Whether records of two source partitions go to one: each keeps its order, and nothing is said of theirs together. */
function mergesPartitions(fixture: GuideFixture): boolean {
  return new Set(targetPartitions(fixture)).size < targetPartitions(fixture).length
}

function namedTopics({ restore }: GuideFixture): readonly string[] | undefined {
  return restore?.topics?.map((entry) => (typeof entry === 'string' ? entry : entry.name))
}

function timestampsOf(topic: string, { restore = {} }: GuideFixture): readonly number[] {
  const own = restore.topics?.find((entry) => typeof entry !== 'string' && entry.name === topic)
  const window = typeof own === 'object' ? { ...restore, ...own } : restore
  const { time_window_start: start = 0, time_window_end: end = Number.MAX_SAFE_INTEGER } = window
  return TIMESTAMPS.filter((timestamp) => timestamp >= start && timestamp <= end)
}

/** Where each source partition goes, lowest target first. */
function targetPartitions({ restore = {} }: GuideFixture): readonly number[] {
  const sources = restore.source_partitions ?? Array.from({ length: PARTITIONS }, (_, partition) => partition)
  return sources.map((source) => restore.partition_mapping?.[source] ?? source).sort((one, other) => one - other)
}

/** The same without an end of its window. */
export function withoutEnd(fixture: GuideFixture): GuideFixture {
  const { time_window_end: _, ...restore } = fixture.restore ?? {}
  return { ...fixture, restore }
}

/**
 * Where a group must stand in the restored `orders`, by partition: before the first restored record whose source offset is
 * not below its position, which is the number of restored records below it.
 */
export function translatedOffsets(windowStart: number): readonly string[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    const readAlready = TIMESTAMPS.slice(0, guideGroupOffset(partition))
    return String(readAlready.filter((timestamp) => timestamp >= windowStart).length)
  })
}
