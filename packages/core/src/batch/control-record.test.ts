import { describe, expect, it } from 'vitest'
import { readControlRecord } from './control-record.ts'
import { readBatches } from './record-batch.ts'
import { goldenBytes } from './testing/golden.ts'
import { logBatch, WHERE } from './testing/log-batch.ts'

const record = { offsetDelta: 0, timestamp: 7n, value: null, headers: [] }

describe('readControlRecord', () => {
  it('reads the markers that brokers write', () => {
    const markers = [...readBatches(goldenBytes('transactions'), WHERE)].filter((batch) => batch.isControl)
    const read = markers.map((batch) => readControlRecord(batch, WHERE))
    expect(read.map((marker) => `${marker?.offset} ${marker?.type} ${marker?.producerId}`)).toEqual([
      '5 abort 1',
      '9 commit 3',
      '11 abort 2',
      '12 commit 1',
      '14 commit 2',
    ])
    expect(read[0]).toMatchObject({ coordinatorEpoch: 31, producerEpoch: 2, timestamp: 1_764_426_540_000n })
  })

  it('takes types that end no transaction as other', async () => {
    const batch = await logBatch({ records: [{ ...record, key: Buffer.from([0, 0, 0, 2]) }], flags: 0x20 })
    expect(readControlRecord(batch, WHERE)).toMatchObject({ type: 'other', coordinatorEpoch: -1 })
  })

  it('finds nothing in an emptied batch', async () => {
    expect(readControlRecord(await logBatch({ records: [], flags: 0x20 }), WHERE)).toBeUndefined()
  })

  it.each([
    ['no type', { records: [{ ...record, key: Buffer.from([0, 0]) }] }],
    ['no key', { records: [{ ...record, key: null }] }],
    ['compression', { records: [{ ...record, key: Buffer.alloc(4) }], codec: 'gzip' as const }],
  ])('refuses a control batch with %s', async (_name, spec) => {
    const batch = await logBatch({ ...spec, flags: 0x20 })
    expect(() => readControlRecord(batch, WHERE)).toThrow(expect.objectContaining({ code: 'KB_BATCH_CORRUPT' }))
  })
})
