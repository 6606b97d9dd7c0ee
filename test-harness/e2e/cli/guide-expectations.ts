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
  'restore-guide-disaster-recovery': ['orders'],
  'restore-guide-point-in-time-recovery': ['transactions'],
}

const fixtureSchema = z.object({
  backup_id: z.string(),
  restore: z
    .object({
      time_window_start: z.number().optional(),
      time_window_end: z.number().optional(),
      source_partitions: z.array(z.number()).optional(),
      topic_mapping: z.record(z.string(), z.string()).optional(),
      dry_run: z.boolean().optional(),
      consumer_groups: z.array(z.string()).optional(),
    })
    .optional(),
})

/** What a configuration of the guides asks for, read without the code under test. */
export type GuideFixture = z.output<typeof fixtureSchema>

/** Reads what stands in a fixture. */
export function readFixture(value: unknown): GuideFixture {
  return fixtureSchema.parse(value)
}

/** `topic/partition timestamp` of every record that a restore must bring, in order within each partition. */
export function expectedRecords(
  name: string,
  { restore = {} }: GuideFixture,
  all: readonly string[] = GUIDE_TOPICS,
): readonly string[] {
  const { time_window_start: start = 0, time_window_end: end = Number.MAX_SAFE_INTEGER } = restore
  const timestamps = TIMESTAMPS.filter((timestamp) => timestamp >= start && timestamp <= end)
  const partitions = restore.source_partitions ?? Array.from({ length: PARTITIONS }, (_, partition) => partition)
  const targets = (SELECTED[name] ?? all).map((topic) => restore.topic_mapping?.[topic] ?? topic)
  return targets
    .sort()
    .flatMap((topic) => partitions.flatMap((partition) => timestamps.map((time) => `${topic}/${partition} ${time}`)))
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
