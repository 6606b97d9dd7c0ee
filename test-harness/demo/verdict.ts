import { partitionName } from '@kbackup/core'
import type { Incident } from './incident.ts'
import {
  GARBAGE,
  PAYMENT_TOPICS,
  type PaymentRecord,
  recordText,
  restoredPartition,
  restoredTopic,
} from './payments.ts'
import type { CommittedPosition, ReadRecord } from './platform.ts'
import { endOfWindow } from './recovery.ts'
import type { Resumption } from './resumption.ts'

/** One thing that must hold. */
export interface Check {
  readonly what: string
  readonly holds: boolean
}

/** What became of the records of one topic. */
export interface TopicOutcome {
  readonly topic: string
  readonly saved: number
  readonly garbage: number
  /** Sound records that were written after the moment that was restored. */
  readonly later: number
}

/** What the demo proved, by what the programs of the story wrote and read; kbackup is not asked. */
export interface Verdict {
  readonly topics: readonly TopicOutcome[]
  readonly readBefore: number
  readonly readNow: number
  readonly readTwice: number
  readonly missing: number
  readonly garbageRead: number
  readonly checks: readonly Check[]
}

/** Holds what was restored and read against what was written and read before. */
export function judge(incident: Incident, resumption: Resumption): Verdict {
  const endMs = endOfWindow(incident.bugAtMs)
  const { restored, processor } = resumption
  const wanted = incident.written.filter(({ timestampMs }) => timestampMs <= endMs)
  const before = restored.filter((record) => record.offset < positionIn(resumption, record))
  const reading = countReadings(wanted, [...before, ...processor.read])
  const isPositionTrue = positionsAreTrue(incident, resumption, endMs)
  return {
    topics: PAYMENT_TOPICS.map((topic) => topicOutcome(topic, incident.written, { endMs, restored })),
    readBefore: before.length,
    readNow: processor.read.length,
    ...reading,
    garbageRead: processor.garbage,
    checks: [
      {
        what: 'what was written before the bug is restored: every byte, in order',
        holds: sameRecords(wanted, restored),
      },
      { what: 'the group stands where it stood a millisecond before the bug', holds: isPositionTrue },
      { what: 'what lies before its positions was read before the bug', holds: wasRead(before, incident) },
      { what: 'no record is read twice', holds: reading.readTwice === 0 },
      { what: 'no record is missing', holds: reading.missing === 0 },
      { what: 'no garbage is read', holds: processor.garbage === 0 },
    ],
  }
}

function topicOutcome(
  topic: string,
  written: readonly PaymentRecord[],
  { endMs, restored }: { readonly endMs: number; readonly restored: readonly ReadRecord[] },
): TopicOutcome {
  const after = written.filter((record) => record.topic === topic && record.timestampMs > endMs)
  const garbage = after.filter(({ value }) => value === GARBAGE).length
  const saved = restored.filter((record) => record.topic === restoredTopic(topic)).length
  return { topic, saved, garbage, later: after.length - garbage }
}

function sameRecords(wanted: readonly PaymentRecord[], restored: readonly ReadRecord[]): boolean {
  const partitions = new Set([...wanted.map(restoredPartition), ...restored.map(partitionName)])
  return [...partitions].every((name) => {
    const expected = wanted.filter((record) => restoredPartition(record) === name).map(recordText)
    const found = restored.filter((record) => partitionName(record) === name).map(recordText)
    return expected.join('\n') === found.join('\n')
  })
}

function countReadings(
  wanted: readonly PaymentRecord[],
  readings: readonly ReadRecord[],
): Pick<Verdict, 'readTwice' | 'missing'> {
  const read = new Set(readings.map(recordText))
  return {
    readTwice: readings.length - read.size,
    missing: wanted.filter((record) => !read.has(recordText(record))).length,
  }
}

function positionIn({ positions }: Resumption, record: ReadRecord): bigint {
  return positions.get(partitionName(record)) ?? 0n
}

/**
 * The broker stamped each commit between its sending and its acknowledgement. So at a moment the group stood at least
 * where it was acknowledged, and at most where it had been sent. The topics are new on both sides: their offsets are equal.
 */
function positionsAreTrue({ processor }: Incident, { positions }: Resumption, endMs: number): boolean {
  const partitions = new Set(processor.commits.map(restoredPartition))
  return [...partitions].every((name) => {
    const commits = processor.commits.filter((commit) => restoredPartition(commit) === name)
    const position = positions.get(name) ?? -1n
    const least = newest(commits.filter(({ acknowledgedAtMs }) => acknowledgedAtMs <= endMs))
    const most = newest(commits.filter(({ sentAtMs }) => sentAtMs <= endMs))
    return least <= position && position <= most
  })
}

function newest(commits: readonly CommittedPosition[]): bigint {
  return commits.at(-1)?.offset ?? -1n
}

function wasRead(before: readonly ReadRecord[], { processor }: Incident): boolean {
  const read = new Set(processor.read.map(recordText))
  return before.every((record) => read.has(recordText(record)))
}
