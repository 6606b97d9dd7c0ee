import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type GroupPositions, groupPositionsAt } from './group-positions.ts'
import type { LogRow } from './testing/offsets-log-items.ts'
import { nameOf, SimulatedOffsetsLog } from './testing/simulated-offsets-log.ts'

const TOLERANCE = 5

const keys = [
  { groupId: 'a', topic: 'orders', partition: 0 },
  { groupId: 'a', topic: 'orders', partition: 1 },
  { groupId: 'b', topic: 'orders', partition: 0 },
] as const

const operation = fc.record({
  kind: fc.constantFrom(
    'commit',
    'commit',
    'transactional',
    'transactional',
    'tombstone',
    'end',
    'end',
    'abort',
    'other',
  ),
  key: fc.constantFrom(...keys),
  producerId: fc.constantFrom(1n, 2n),
  elapsedMs: fc.nat({ max: 15 }),
  stepBackMs: fc.nat({ max: TOLERANCE }),
})
interface Operation {
  readonly kind: string
  readonly key: (typeof keys)[number]
  readonly producerId: bigint
  readonly elapsedMs: number
  readonly stepBackMs: number
}

/** Positions are the offsets of their records, so that no two are alike. Times step back by the tolerance at most. */
function rowsOf(operations: readonly Operation[]): readonly LogRow[] {
  let clockMs = 100
  return operations.map((each, index) => {
    clockMs += each.elapsedMs
    return { offset: BigInt(index), timestamp: BigInt(clockMs - each.stepBackMs), ...contentOf(each, BigInt(index)) }
  })
}

function contentOf({ kind, key, producerId }: Operation, position: bigint): Pick<LogRow, 'producerId' | 'content'> {
  if (kind === 'commit') return { producerId: null, content: { type: 'position', key, position } }
  if (kind === 'transactional') return { producerId, content: { type: 'position', key, position } }
  if (kind === 'tombstone') return { producerId: null, content: { type: 'position', key, position: null } }
  if (kind === 'other') return { producerId: null, content: { type: 'other' } }
  return { producerId, content: { type: 'marker', outcome: kind === 'end' ? 'commit' : 'abort' } }
}

function closingOf(...producerIds: readonly bigint[]): readonly Operation[] {
  return producerIds.map((producerId) => ({ kind: 'end', key: keys[0], producerId, elapsedMs: 3, stepBackMs: 1 }))
}

const LENGTH = 30
const operations = fc.array(operation, { minLength: 8, maxLength: LENGTH, size: 'max' })
const step = fc.record({
  length: fc.nat({ max: LENGTH }),
  action: fc.constantFrom('clean', 'read'),
  expire: fc.boolean(),
})
const history = fc.record({
  operations,
  steps: fc.array(step, { maxLength: 6, size: 'max' }),
  lost: fc.oneof(fc.constant([]), fc.array(fc.nat({ max: LENGTH }), { maxLength: 4 })),
  startOffset: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 5 }) }),
  captures: fc.array(fc.record({ length: fc.nat({ max: LENGTH }), slack: fc.nat({ max: 2 }) }), {
    maxLength: 4,
    size: 'max',
  }),
  atMs: fc.integer({ min: 98, max: 100 + 8 * LENGTH }),
  knowsEnd: fc.boolean(),
  /** Without them a transaction that stays open soon ends what can be read. */
  closing: fc.constantFrom<readonly Operation[]>([], closingOf(1n, 2n), closingOf(2n, 1n)),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

async function answer(model: History) {
  const rows = rowsOf([...model.operations, ...model.closing])
  const log = new SimulatedOffsetsLog(rows, {
    lost: new Set(model.lost),
    startOffset: Math.min(model.startOffset, rows.length),
  })
  log.run(model.steps)
  log.run([{ length: rows.length, action: 'read', expire: false }])
  const lastTime = rows.reduce((latest, { timestamp }) => (timestamp > latest ? timestamp : latest), 0n)
  const atMs = BigInt(model.atMs) > lastTime + 2n ? lastTime + 2n : BigInt(model.atMs)
  const unread = rows.slice(Number(log.nextOffset)).map(({ timestamp }) => timestamp)
  const completeAtMs = unread.reduce((least, time) => (time < least ? time : least), lastTime + 10n)
  const found = await groupPositionsAt({
    atMs,
    logs: [await log.log(model.knowsEnd ? completeAtMs : null)],
    partitionCount: 1,
    captures: model.captures.map(({ length, slack }) => log.capture(Math.min(length, rows.length), slack)),
    toleranceMs: BigInt(TOLERANCE),
  })
  return { found, log, atMs, completeAtMs, truth: log.truthAt(atMs) }
}

function exactOf({ positions }: GroupPositions, source?: string) {
  return positions.filter((row) => row.kind === 'exact' && (source === undefined || row.source === source))
}

describe('for any history of commits, transactions, cleanings and readings', () => {
  it('what is called exact is true', async () => {
    const seen = { holes: 0, captures: 0, bounds: 0 }
    await fc.assert(
      fc.asyncProperty(history, async (model) => {
        const { found, log, truth } = await answer(model)
        for (const row of exactOf(found)) expect(row.offset).toBe(truth.get(nameOf(row)))
        if (!log.whole) seen.holes += exactOf(found, '__consumer_offsets').length
        seen.captures += exactOf(found, 'capture').length
        seen.bounds += found.positions.length - exactOf(found).length
      }),
      { numRuns: 3_000 },
    )
    // Nothing would be proved by an answer that never dares to say exact, or never doubts.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(25)
  })

  it('what is not listed did not exist, except in partitions that are named as hiding something', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (model) => {
        const { found, truth } = await answer(model)
        if (found.hiddenPartitions.length > 0) return
        expect(new Set(found.positions.map(nameOf))).toEqual(new Set(truth.keys()))
      }),
      { numRuns: 1_000 },
    )
  })

  it('bounds lie on their side of T', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (model) => {
        const { found, atMs } = await answer(model)
        for (const row of found.positions) {
          if (row.kind === 'at-or-before') expect(row.observedAtMs <= atMs).toBe(true)
          if (row.kind === 'at-or-after') expect(row.observedAtMs > atMs).toBe(true)
          if (row.next !== null) expect(row.next.observedAtMs > atMs).toBe(true)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('a log that was read whole leaves nothing in doubt at moments before its end', async () => {
    const wholes = history.map((model) => ({ ...model, steps: [], lost: [], startOffset: 0, knowsEnd: true }))
    await fc.assert(
      fc.asyncProperty(wholes, async (model) => {
        const { found, truth, atMs, completeAtMs } = await answer(model)
        fc.pre(atMs < completeAtMs)
        expect(new Map(found.positions.map((row) => [nameOf(row), row.offset]))).toEqual(truth)
        expect(exactOf(found)).toHaveLength(truth.size)
        expect(found.hiddenPartitions).toEqual([])
      }),
      { numRuns: 1_000 },
    )
  })
})
