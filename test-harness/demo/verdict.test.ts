import { describe, expect, it } from 'vitest'
import type { Incident } from './incident.ts'
import { GARBAGE, type PaymentRecord, recordText, restoredTopic } from './payments.ts'
import type { CommittedPosition, ReadRecord } from './platform.ts'
import type { Resumption } from './resumption.ts'
import { judge } from './verdict.ts'

const TOPIC = 'payments.captured'
const BUG_AT_MS = 1_000

/** Ten sound records, one a millisecond up to the bug, and garbage behind them. */
const written: readonly PaymentRecord[] = Array.from({ length: 12 }, (_, index) => ({
  topic: TOPIC,
  partition: 0,
  key: `payment-${index}`,
  value: index < 10 ? `sound ${index}` : GARBAGE,
  trace: `trace-${index}`,
  timestampMs: BUG_AT_MS - 10 + index,
}))

const original: readonly ReadRecord[] = written.map((record, index) => ({ ...record, offset: BigInt(index) }))
const restored = original.slice(0, 10).map((record) => ({ ...record, topic: restoredTopic(TOPIC) }))

/** The processor had committed 4 long before the bug, and the garbage long after it. */
const commits: readonly CommittedPosition[] = [
  { topic: TOPIC, partition: 0, offset: 4n, sentAtMs: 993, acknowledgedAtMs: 994 },
  { topic: TOPIC, partition: 0, offset: 12n, sentAtMs: 1_500, acknowledgedAtMs: 1_501 },
]

const incident: Incident = { written, bugAtMs: BUG_AT_MS, processor: { read: original, commits, garbage: 2 } }

function judged(changes: Partial<Resumption> & { readonly readNow?: readonly ReadRecord[] } = {}) {
  const { readNow = restored.slice(4), ...rest } = changes
  const garbage = readNow.filter(({ value }) => value === GARBAGE).length
  const verdict = judge(incident, {
    restored,
    positions: new Map([[`${restoredTopic(TOPIC)}/0`, 4n]]),
    processor: { read: readNow, commits: [], garbage },
    step: { name: 'resume', durationMs: 1 },
    ...rest,
  })
  return { ...verdict, broken: verdict.checks.filter(({ holds }) => !holds).map(({ what }) => what) }
}

describe('the verdict of the demo', () => {
  it('is good where all before the bug is restored and read once', () => {
    expect(judged()).toMatchObject({ broken: [], readBefore: 4, readNow: 6, readTwice: 0, missing: 0 })
    expect(judged().topics).toContainEqual({ topic: TOPIC, saved: 10, garbage: 2, later: 0 })
  })

  it('is bad where a record is not restored, is restored twice, at another place, or with another byte', () => {
    const changed = restored.map((record, index) => (index === 5 ? { ...record, value: 'other' } : record))
    const swapped = [restored[1], restored[0], ...restored.slice(2)].flatMap((record) => record ?? [])
    for (const wrong of [restored.slice(1), [...restored, ...restored.slice(-1)], swapped, changed]) {
      expect(judged({ restored: wrong }).broken).toContain(
        'what was written before the bug is restored: every byte, in order',
      )
    }
  })

  it('is bad where garbage is restored or read', () => {
    const garbage = original.slice(10, 11).map((record) => ({ ...record, topic: restoredTopic(TOPIC) }))
    expect(judged({ restored: [...restored, ...garbage] }).broken).toHaveLength(1)
    expect(judged({ readNow: [...restored.slice(4), ...garbage] }).broken).toContain('no garbage is read')
  })

  it('is bad where a record is read twice or not at all', () => {
    expect(judged({ readNow: restored.slice(3) })).toMatchObject({ broken: ['no record is read twice'], readTwice: 1 })
    expect(judged({ readNow: restored.slice(5) })).toMatchObject({ broken: ['no record is missing'], missing: 1 })
  })

  it('is bad where the group stands behind or before its position of that moment', () => {
    for (const [position, readNow] of [
      [3n, restored.slice(3)],
      [5n, restored.slice(5)],
    ] as const) {
      const positions = new Map([[`${restoredTopic(TOPIC)}/0`, position]])
      expect(judged({ positions, readNow }).broken).toEqual([
        'the group stands where it stood a millisecond before the bug',
      ])
    }
  })

  it('takes either position where a commit was under way at that moment', () => {
    const underWay: CommittedPosition = {
      topic: TOPIC,
      partition: 0,
      offset: 6n,
      sentAtMs: 998,
      acknowledgedAtMs: 1_002,
    }
    const processor = { ...incident.processor, commits: [...commits.slice(0, 1), underWay, ...commits.slice(1)] }
    for (const position of [4n, 6n]) {
      const positions = new Map([[`${restoredTopic(TOPIC)}/0`, position]])
      const { checks } = judge(
        { ...incident, processor },
        {
          restored,
          positions,
          processor: { read: restored.slice(Number(position)), commits: [], garbage: 0 },
          step: { name: 'resume', durationMs: 1 },
        },
      )
      expect(checks.every(({ holds }) => holds)).toBe(true)
    }
  })

  it('tells records apart by everything in them', () => {
    const [record] = restored
    if (record === undefined) throw new Error('there is no record')
    const others = [{ key: 'k' }, { value: 'v' }, { trace: 't' }, { timestampMs: 1 }].map((change) => ({
      ...record,
      ...change,
    }))
    expect(new Set([record, ...others].map(recordText)).size).toBe(5)
  })
})
