import type { Gap, SectionEntry } from '../archive/commit.ts'
import { sumOf } from '../collections/sum-of.ts'
import type { BackupEvent } from '../events/run-event.ts'
import { type RunProgress, runProgress } from '../events/run-progress.ts'
import type { RunWarning } from '../events/run-warning.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import { OFFSETS_TOPIC } from '../offsets/offsets-topic-record.ts'
import type { BackupPartitionResult, BackupTopicResult } from './backup-result.ts'
import type { CommitMade } from './committer.ts'
import type { ReadAmounts } from './partition-reader.ts'
import { lineageOf, type PartitionTask } from './partition-task.ts'
import type { SourceTopic } from './source-topics.ts'
import { gapWarning } from './source-warnings.ts'

const PROGRESS_INTERVAL_MS = 250

export interface RunTallyOptions {
  readonly emit: (event: BackupEvent) => void
  readonly nowMs: () => number
}

type Amounts = Pick<BackupTopicResult, 'records' | 'bytes' | 'storedBytes'>

const NOTHING: Amounts = { records: 0, bytes: 0, storedBytes: 0 }

interface PartitionTally {
  readonly task: PartitionTask
  reached: bigint
  records: number
  bytes: number
}

/** Counts what a run does, and tells it as events. */
export class RunTally {
  readonly #options: RunTallyOptions
  readonly #startedAtMs: number
  readonly #partitions = new Map<string, PartitionTally>()
  readonly #openPartitions = new Map<string, number>()
  /** By partition: a run of days makes too many sections to keep them all. */
  readonly #committed = new Map<string, Amounts>()
  readonly #gaps: Gap[] = []
  readonly #warnings: RunWarning[] = []
  #records = 0
  #committedRecords = 0
  #bytes = 0
  #progressAtMs = Number.NEGATIVE_INFINITY

  constructor(options: RunTallyOptions) {
    this.#options = options
    this.#startedAtMs = options.nowMs()
  }

  get elapsedMs(): number {
    return this.#options.nowMs() - this.#startedAtMs
  }

  get gaps(): readonly Gap[] {
    return this.#gaps
  }

  get warnings(): readonly RunWarning[] {
    return this.#warnings
  }

  warn(warnings: readonly RunWarning[]): void {
    this.#warnings.push(...warnings)
    for (const warning of warnings) this.#options.emit({ type: 'warning', ...warning })
  }

  /** Takes in the tasks that are about to be done; they replace those of the same partitions before. */
  begin(tasks: readonly PartitionTask[]): void {
    for (const topic of new Set(tasks.map((task) => task.topic))) {
      const ofTopic = tasks.filter((task) => task.topic === topic)
      this.#options.emit({ type: 'topic-start', topic, partitionCount: ofTopic.length })
      this.#openPartitions.set(topic, ofTopic.filter(hasWork).length)
      for (const task of ofTopic) this.#beginPartition(task)
      if (!ofTopic.some(hasWork)) this.#endTopic(topic)
    }
  }

  startPartition(task: PartitionTask): void {
    const { fromOffset, stopOffset } = task
    this.#options.emit({ type: 'partition-start', ...lineageOf(task), fromOffset, stopOffset })
  }

  /** What was read twice, because its upload failed, counts once. */
  reach(task: PartitionTask, { nextOffset, records, bytes }: ReadAmounts): void {
    const partition = this.#partitions.get(partitionName(task))
    if (partition === undefined || nextOffset <= partition.reached) return
    partition.reached = nextOffset
    partition.records += records
    partition.bytes += bytes
    this.#records += records
    this.#bytes += bytes
    this.emitProgress({ force: false })
  }

  endPartition(task: PartitionTask): void {
    const { reached = task.fromOffset, records = 0 } = this.#partitions.get(partitionName(task)) ?? {}
    this.#options.emit({ type: 'partition-end', ...lineageOf(task), nextOffset: reached, records })
    this.#closePartition(task)
  }

  /** What is left of the partition is not this run's any more. */
  abandonPartition(task: PartitionTask): void {
    this.#partitions.delete(partitionName(task))
    this.#closePartition(task)
  }

  gap(gap: Gap): void {
    this.#options.emit({ type: 'partition-gap', gap })
    this.warn([gapWarning(gap)])
  }

  segment(section: SectionEntry): void {
    this.#options.emit({ type: 'segment-end', section })
  }

  committed({ commit, sections, gaps }: CommitMade): void {
    for (const section of sections) this.#count(section)
    this.#gaps.push(...gaps)
    const data = sections.filter(({ topic }) => topic !== OFFSETS_TOPIC)
    const records = sumOf(data, (section) => section.records)
    this.#options.emit({ type: 'commit-end', commit, sections: sections.length, records })
  }

  emitProgress({ force }: { readonly force: boolean }): void {
    const now = this.#options.nowMs()
    if (!force && now - this.#progressAtMs < PROGRESS_INTERVAL_MS) return
    this.#progressAtMs = now
    this.#options.emit({ type: 'progress', ...this.progress() })
  }

  progress(): RunProgress {
    let doneOffsets = 0
    let totalOffsets = 0
    for (const { task, reached } of this.#partitions.values()) {
      doneOffsets += Number(reached - task.fromOffset)
      totalOffsets += Number(task.stopOffset - task.fromOffset)
    }
    return runProgress({
      doneOffsets,
      totalOffsets,
      records: this.#records,
      committedRecords: this.#committedRecords,
      bytes: this.#bytes,
      elapsedMs: this.elapsedMs,
    })
  }

  /** What became part of the archive, by topic. */
  topicResults(topics: readonly SourceTopic[]): readonly BackupTopicResult[] {
    return topics.map(({ description: { topic, topicId } }) => {
      const tallies = this.#ofTopic(topic)
      const amounts = tallies.map(({ task }) => this.#committedOf(task))
      return {
        topic,
        topicId,
        partitions: tallies.map((tally) => partitionResult(tally, this.#committedOf(tally.task))),
        records: sumOf(amounts, ({ records }) => records),
        bytes: sumOf(amounts, ({ bytes }) => bytes),
        storedBytes: sumOf(amounts, ({ storedBytes }) => storedBytes),
      }
    })
  }

  #count(section: SectionEntry): void {
    const { records, bytes, storedBytes } = this.#committedOf(section)
    this.#committedRecords += section.records
    this.#committed.set(partitionName(section), {
      records: records + section.records,
      bytes: bytes + section.logBytes,
      storedBytes: storedBytes + section.length,
    })
  }

  #committedOf(partition: TopicPartition): Amounts {
    return this.#committed.get(partitionName(partition)) ?? NOTHING
  }

  #closePartition({ topic }: PartitionTask): void {
    const open = (this.#openPartitions.get(topic) ?? 1) - 1
    this.#openPartitions.set(topic, open)
    if (open === 0) this.#endTopic(topic)
  }

  #beginPartition(task: PartitionTask): void {
    this.#partitions.set(partitionName(task), { task, reached: task.fromOffset, records: 0, bytes: 0 })
    if (task.starts !== null) this.#emitLineage(task, task.starts)
    if (task.gap !== null) this.#options.emit({ type: 'partition-gap', gap: task.gap })
  }

  #ofTopic(topic: string): readonly PartitionTally[] {
    return [...this.#partitions.values()].filter(({ task }) => task.topic === topic)
  }

  #endTopic(topic: string): void {
    const tallies = this.#ofTopic(topic)
    const records = sumOf(tallies, (tally) => tally.records)
    this.#options.emit({ type: 'topic-end', topic, records, bytes: sumOf(tallies, (tally) => tally.bytes) })
  }

  #emitLineage(task: PartitionTask, reason: NonNullable<PartitionTask['starts']>): void {
    this.#options.emit({ type: 'lineage-start', ...lineageOf(task), startOffset: task.fromOffset, reason })
  }
}

/** Whether there is anything to read. */
export function hasWork({ fromOffset, stopOffset }: PartitionTask): boolean {
  return fromOffset < stopOffset
}

function partitionResult({ task, reached }: PartitionTally, { records }: Amounts): BackupPartitionResult {
  const { partition, lineage, fromOffset } = task
  return { partition, lineage, startOffset: fromOffset, nextOffset: reached, records }
}
