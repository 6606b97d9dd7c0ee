import { describe, expect, it } from 'vitest'
import { AbortedFilter } from './aborted-filter.ts'
import { type RecordBatch, readBatches } from './record-batch.ts'
import { goldenBytes } from './testing/golden.ts'
import { logBatch, WHERE } from './testing/log-batch.ts'

/** Interleaved: producers 1 and 2 abort, 3 commits, 1 then commits, 2 then commits, 4 stays open (`GoldenBatches.java`). */
const batches = [...readBatches(goldenBytes('transactions'), WHERE)]
const aborted = [
  { producerId: 2n, firstOffset: 3n },
  { producerId: 1n, firstOffset: 0n },
]

function visibility(list: readonly RecordBatch[], transactions = aborted): readonly string[] {
  const filter = new AbortedFilter(transactions, WHERE)
  return list.map((batch) => `${batch.baseOffset} ${filter.visibilityOf(batch)}`)
}

describe('AbortedFilter', () => {
  it('tells aborted from committed where transactions of several producers interleave', () => {
    expect(visibility(batches)).toEqual([
      '0 aborted',
      '2 data',
      '3 aborted',
      '5 marker',
      '6 aborted',
      '7 data',
      '9 marker',
      '10 data',
      '11 marker',
      '12 marker',
      '13 data',
      '14 marker',
    ])
  })

  it('takes up a fetch that begins inside an aborted transaction', () => {
    const later = batches.filter(({ baseOffset }) => baseOffset >= 4n)
    expect(visibility(later, [{ producerId: 2n, firstOffset: 3n }]).slice(0, 3)).toEqual([
      '5 marker',
      '6 aborted',
      '7 data',
    ])
  })

  it('tells two aborted transactions of one producer apart from a committed one between them', async () => {
    const record = { offsetDelta: 0, timestamp: 0n, key: null, value: null, headers: [] }
    const log = await Promise.all(
      [0n, 2n, 4n].map((baseOffset) => logBatch({ baseOffset, records: [record], flags: 0x10, producerId: 1n })),
    )
    const marker = (baseOffset: bigint, type: number) =>
      logBatch({
        baseOffset,
        records: [{ ...record, key: Buffer.from([0, 0, 0, type]), value: Buffer.alloc(6) }],
        flags: 0x30,
        producerId: 1n,
      })
    const markers = await Promise.all([marker(1n, 0), marker(3n, 1), marker(5n, 0)])
    const all = [...log, ...markers].toSorted((left, right) => Number(left.baseOffset - right.baseOffset))
    const transactions = [0n, 4n].map((firstOffset) => ({ producerId: 1n, firstOffset }))
    expect(visibility(all, transactions)).toEqual([
      '0 aborted',
      '1 marker',
      '2 data',
      '3 marker',
      '4 aborted',
      '5 marker',
    ])
  })

  it('takes the plain records of a producer for data while a transaction of its aborts', async () => {
    const record = { offsetDelta: 0, timestamp: 0n, key: null, value: null, headers: [] }
    const plain = await logBatch({ baseOffset: 9n, records: [record], producerId: 1n })
    expect(visibility([plain], [{ producerId: 1n, firstOffset: 0n }])).toEqual(['9 data'])
  })

  it('takes a marker whose record the cleaner has removed for a marker', async () => {
    const emptied = await logBatch({ baseOffset: 9n, records: [], flags: 0x30, producerId: 1n })
    expect(visibility([emptied], [])).toEqual(['9 marker'])
  })
})
