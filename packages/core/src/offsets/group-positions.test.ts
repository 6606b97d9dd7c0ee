import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { GroupCapture, PartitionCut } from '../archive/commit.ts'
import { readBatches } from '../batch/record-batch.ts'
import { type AnchoredCapture, anchorCapture } from './group-captures.ts'
import { type GroupPositionsRequest, groupPositionsAt } from './group-positions.ts'
import type { OffsetsLog, OffsetsLogItem } from './offsets-log.ts'
import { OFFSETS_TOPIC } from './offsets-topic-record.ts'
import { batchItem, itemsOf, type LogRow } from './testing/offsets-log-items.ts'

const where = { topic: OFFSETS_TOPIC, partition: 0 }

/** The only segment of `__consumer_offsets-0`, as the broker of that version left it. */
async function goldenLog(version: string): Promise<OffsetsLog> {
  const bytes = await readFile(new URL(`./fixtures/golden/consumer-offsets-${version}.log`, import.meta.url))
  const batches = [...readBatches(bytes, where, { cutShortTail: 'refuse' })]
  const items = batches.map((batch): OffsetsLogItem => ({ type: 'batch', batch }))
  return {
    partition: 0,
    startOffset: 0n,
    nextOffset: batches.at(-1)?.nextOffset ?? 0n,
    completeAtMs: END,
    items: itemsOf(items),
  }
}

const END = 1_900_000_000_000n
const ask = (request: Partial<GroupPositionsRequest> & Pick<GroupPositionsRequest, 'atMs'>) =>
  groupPositionsAt({ logs: [], partitionCount: 1, captures: [], ...request })

async function text(request: Partial<GroupPositionsRequest> & Pick<GroupPositionsRequest, 'atMs'>) {
  const { positions } = await ask(request)
  return positions.map(
    ({ groupId, topic, partition, offset, kind, metadata }) =>
      `${groupId} ${topic}/${partition} ${offset}${metadata === '' ? '' : ` '${metadata}'`} ${kind}`,
  )
}

describe('the log that Kafka 4.1.0 wrote', () => {
  const at = async (atMs: bigint) => text({ atMs, logs: [await goldenLog('4.1.0')] })

  it('shows at its end what the coordinator answered then', async () => {
    expect(await at(1795269599400n)).toEqual([
      'classic-members orders/0 10 exact',
      'classic-members orders/1 10 exact',
      'kip848 orders/0 10 exact',
      'kip848 orders/1 10 exact',
      'simple orders/0 7 exact',
      "transactional orders/0 2 'txn 2' exact",
      "transactional orders/1 5 'txn 5' exact",
    ])
  })

  it('shows each commit from its millisecond on, and not before', async () => {
    expect(await at(1795269596977n)).toEqual([])
    expect(await at(1795269596978n)).toEqual(['simple orders/0 3 exact', "simple orders/1 4 'grüße' exact"])
    expect(await at(1795269597034n)).toEqual(['simple orders/0 3 exact', "simple orders/1 4 'grüße' exact"])
    expect(await at(1795269597035n)).toEqual(['simple orders/0 7 exact', "simple orders/1 4 'grüße' exact"])
  })

  it('shows a transactional commit from the time of its marker on, though the marker bears the next epoch', async () => {
    const transactional = async (atMs: bigint) => (await at(atMs)).filter((row) => row.startsWith('transactional'))
    expect(await transactional(1795269599097n)).toEqual([])
    expect(await transactional(1795269599098n)).toEqual(["transactional orders/0 2 'txn 2' exact"])
    expect(await transactional(1795269599250n)).toEqual(["transactional orders/0 2 'txn 2' exact"])
  })

  it('ends positions that were deleted, and those of a group that was deleted', async () => {
    expect(await at(1795269599302n)).toContain("simple orders/1 4 'grüße' exact")
    expect((await at(1795269599303n)).filter((row) => row.startsWith('simple'))).toEqual(['simple orders/0 7 exact'])
    expect(await at(1795269599338n)).toContain('by-admin orders/0 1 exact')
    expect((await at(1795269599385n)).filter((row) => row.startsWith('by-admin'))).toEqual([])
  })

  it('counts the records of newer groups without stumbling over them', async () => {
    const { unknownKeys } = await ask({ atMs: END - 1n, logs: [await goldenLog('4.1.0')] })
    expect(Object.fromEntries(unknownKeys)).toEqual({ 3: 2, 5: 2, 6: 1, 7: 2, 8: 2 })
  })
})

describe('the log that Kafka 3.9.1 wrote', () => {
  it('shows at its end what the coordinator answered then', async () => {
    expect(await text({ atMs: 1795269613700n, logs: [await goldenLog('3.9.1')] })).toEqual([
      'classic-members orders/0 10 exact',
      'classic-members orders/1 10 exact',
      'simple orders/0 7 exact',
      "transactional orders/0 2 'txn 2' exact",
      "transactional orders/1 5 'txn 5' exact",
    ])
  })
})

const key = { groupId: 'a', topic: 'orders', partition: 0 }
const other = { groupId: 'b', topic: 'orders', partition: 0 }
const commit = (offset: number, timestamp: number, position: number | null, owner = key): LogRow => ({
  offset: BigInt(offset),
  timestamp: BigInt(timestamp),
  producerId: null,
  content: { type: 'position', key: owner, position: position === null ? null : BigInt(position) },
})

interface LogBounds {
  readonly startOffset?: bigint
  readonly nextOffset?: bigint
  readonly completeAtMs?: bigint | null
}

async function logOf(rows: readonly LogRow[], bounds: LogBounds = {}): Promise<OffsetsLog> {
  const nextOffset = (rows.at(-1)?.offset ?? -1n) + 1n
  const items = itemsOf(await Promise.all(rows.map(batchItem)))
  return { partition: 0, startOffset: 0n, nextOffset, completeAtMs: null, ...bounds, items }
}

const capture = (observedAtMs: bigint, offset: bigint | null): GroupCapture => ({
  startedAtMs: observedAtMs - 5n,
  observedAtMs,
  offsetsTopicEnds: [],
  unread: [],
  groups: [
    {
      ...{ groupId: 'a', type: 'classic', protocolType: '', state: 'Empty' },
      offsets: offset === null ? [] : [{ topic: 'orders', partition: 0, offset, leaderEpoch: -1, metadata: '' }],
    },
  ],
})
const unanchored = (...captures: readonly GroupCapture[]): readonly AnchoredCapture[] =>
  captures.map((each) => ({ capture: each, anchors: new Map() }))

describe('a position at T', () => {
  it('is exact where its record survived and nothing behind it that could be older than T was compacted away', async () => {
    const rows = [commit(0, 1_000, 1), commit(3, 10_000, 2), commit(4, 20_000, 3)]
    expect(await text({ atMs: 15_000n, logs: [await logOf(rows)] })).toEqual(['a orders/0 2 exact'])
  })

  it('is only bounded where a hole behind its record may have held a later one', async () => {
    const rows = [commit(0, 1_000, 1), commit(1, 2_000, 7, other), commit(3, 10_000, 2), commit(4, 20_000, 3)]
    const { positions, hiddenPartitions } = await ask({ atMs: 9_000n, logs: [await logOf(rows)] })
    expect(positions[0]).toEqual({
      ...{ ...key, offset: 1n, leaderEpoch: -1, metadata: '', kind: 'at-or-before', source: OFFSETS_TOPIC },
      observedAtMs: 1_000n,
      next: { observedAtMs: 10_000n, offset: 2n, source: OFFSETS_TOPIC },
    })
    expect(hiddenPartitions).toEqual([0])
  })

  it('is only known from its first sighting on where all before it was compacted away', async () => {
    const { positions } = await ask({ atMs: 500n, logs: [await logOf([commit(5, 1_000, 9)])] })
    expect(positions).toMatchObject([{ kind: 'at-or-after', offset: 9n, observedAtMs: 1_000n, next: null }])
  })

  it('is in doubt behind the last record that was read, unless the log was seen to end there', async () => {
    const rows = [commit(0, 1_000, 1)]
    expect(await text({ atMs: 50_000n, logs: [await logOf(rows)] })).toEqual(['a orders/0 1 at-or-before'])
    const seen = await logOf(rows, { completeAtMs: 50_001n })
    expect(await text({ atMs: 50_000n, logs: [seen] })).toEqual(['a orders/0 1 exact'])
    const early = await logOf(rows, { completeAtMs: 50_000n })
    expect(await text({ atMs: 50_000n, logs: [early] })).toEqual(['a orders/0 1 at-or-before'])
  })

  it('is in doubt in a log that was not read from its beginning, until a record of it was', async () => {
    const log = await logOf([commit(5, 1_000, 9), commit(6, 20_000, 7, other)], { startOffset: 5n })
    const { positions, hiddenPartitions } = await ask({ atMs: 10_000n, logs: [log] })
    expect(positions.map(({ groupId, kind }) => [groupId, kind])).toEqual([
      ['a', 'exact'],
      ['b', 'at-or-after'],
    ])
    expect(hiddenPartitions).toEqual([0])
  })

  it('is trusted to no hole of a log whose clock is seen to have stepped back further than tolerated', async () => {
    const rows = [commit(0, 9_000, 1), commit(1, 19_000, 7, other), commit(3, 30_000, 2)]
    expect(await text({ atMs: 9_000n, logs: [await logOf(rows)] })).toEqual(['a orders/0 1 exact'])
    const stepped = [...rows, commit(4, 20_000, 3)]
    expect((await text({ atMs: 9_000n, logs: [await logOf(stepped)] }))[0]).toBe('a orders/0 1 at-or-before')
  })

  it('is not exact behind a value that cannot be read', async () => {
    const item = await batchItem(commit(1, 2_000, 5))
    if (item.type !== 'batch') throw new Error('a batch was expected')
    const at = item.batch.bytes.indexOf(Buffer.from('0003000000000000000', 'hex').subarray(0, 8))
    item.batch.bytes.writeInt16BE(9, at)
    const log = await logOf([])
    const items = itemsOf([await batchItem(commit(0, 1_000, 1)), item])
    const unreadable = { ...log, nextOffset: 2n, completeAtMs: 90_000n, items }
    expect(await text({ atMs: 10_000n, logs: [unreadable] })).toEqual(['a orders/0 1 at-or-before'])
  })

  it('of an aborted transaction that was left out on purpose leaves no doubt', async () => {
    const rows = [commit(0, 1_000, 1), commit(3, 10_000, 2)]
    const [first, last] = await Promise.all(rows.map(batchItem))
    if (first === undefined || last === undefined) throw new Error('two items were expected')
    const omission: OffsetsLogItem = {
      type: 'omission',
      omission: { startOffset: 1n, nextOffset: 3n, reason: 'aborted' },
    }
    const compacted: OffsetsLogItem = {
      type: 'omission',
      omission: { startOffset: 1n, nextOffset: 3n, reason: 'compacted' },
    }
    const log = await logOf(rows)
    expect(await text({ atMs: 5_000n, logs: [{ ...log, items: itemsOf([first, omission, last]) }] })).toEqual([
      'a orders/0 1 exact',
    ])
    expect(await text({ atMs: 5_000n, logs: [{ ...log, items: itemsOf([first, compacted, last]) }] })).toEqual([
      'a orders/0 1 at-or-before',
    ])
  })
})

describe('captures of a group whose log could not be read', () => {
  it('bound the position in time, and never make it exact', async () => {
    const captures = unanchored(capture(1_000n, 10n), capture(2_000n, 20n), capture(4_000n, 20n), capture(9_000n, 5n))
    const at = async (atMs: bigint) => (await ask({ atMs, captures })).positions[0]
    expect(await at(3_000n)).toMatchObject({
      ...{ kind: 'at-or-before', offset: 20n, observedAtMs: 2_000n, source: 'capture' },
      next: { observedAtMs: 4_000n, offset: 20n, source: 'capture' },
    })
    expect(await at(500n)).toMatchObject({ kind: 'at-or-after', offset: 10n, observedAtMs: 1_000n })
    expect(await at(9_500n)).toMatchObject({ kind: 'at-or-before', offset: 5n, next: null })
  })

  it('name the partitions that were not read', async () => {
    expect((await ask({ atMs: 1n, partitionCount: 3 })).hiddenPartitions).toEqual([0, 1, 2])
  })

  it('end a position that a later capture before T no longer shows', async () => {
    expect(await text({ atMs: 3_000n, captures: unanchored(capture(1_000n, 10n), capture(2_000n, null)) })).toEqual([])
  })
})

describe('a capture that is anchored in the log', () => {
  const cut = (highWatermark: bigint, partition = 0): PartitionCut => ({
    ...{ topic: OFFSETS_TOPIC, partition, topicId: '0'.repeat(32), lineage: 0, nextOffset: highWatermark },
    ...{ logStartOffset: 0n, lastStableOffset: highWatermark, highWatermark, leaderEpoch: 0, observedAtMs: 0n },
  })
  const anchored = (startOffset: bigint, nextOffset: bigint) => {
    const offsetsTopicEnds = [{ partition: 0, highWatermark: startOffset }]
    return anchorCapture({ ...capture(40_000n, 42n), offsetsTopicEnds }, [cut(nextOffset)])
  }
  /** Offsets 1 … 7 were compacted away; `a` has stood still since. */
  const rows = [
    commit(0, 1_000, 1),
    commit(8, 10_000, 7, other),
    commit(9, 20_000, 8, other),
    commit(10, 30_000, 9, other),
  ]

  it('makes exact what a hole put in doubt, if the position cannot have moved between T and the capture', async () => {
    const request = { atMs: 25_000n, logs: [await logOf(rows)], captures: [anchored(9n, 11n)] }
    expect((await text(request))[0]).toBe('a orders/0 42 exact')
  })

  it('does not if the position moved in between', async () => {
    const moved = [...rows.slice(0, 3), commit(10, 30_000, 42)]
    const request = { atMs: 25_000n, logs: [await logOf(moved)], captures: [anchored(9n, 11n)] }
    expect((await text(request))[0]).toBe('a orders/0 1 at-or-before')
  })

  it('does not if what was read of the log ends before the capture', async () => {
    const request = { atMs: 25_000n, logs: [await logOf(rows)], captures: [anchored(9n, 12n)] }
    expect((await text(request))[0]).toBe('a orders/0 1 at-or-before')
  })

  it('is bounded by what was seen of each log on both sides of it; with one side only it is not anchored', () => {
    const ends = [5n, 6n, 7n].map((highWatermark, partition) => ({ partition, highWatermark }))
    const data = { ...cut(8n, 2), topic: 'orders' }
    const { anchors } = anchorCapture({ ...capture(100n, 1n), offsetsTopicEnds: ends }, [cut(9n), cut(4n, 1), data])
    expect(anchors).toEqual(new Map([[0, { startOffset: 5n, nextOffset: 9n }]]))
    expect(anchorCapture(capture(100n, 1n), [cut(9n)]).anchors).toEqual(new Map())
  })
})
