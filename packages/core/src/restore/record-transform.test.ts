import { describe, expect, test } from 'vitest'
import { openJson } from '../archive/json-object.ts'
import type { KafkaRecord } from '../kafka/kafka-record.ts'
import { readOffsetMap } from '../offsets/read-offset-map.ts'
import type { RecordTransform } from './record-transform.ts'
import { offsetMapKey } from './restore-keys.ts'
import { recordsAt } from './testing/restored-state.ts'
import { TwoTopics, timeOf } from './testing/two-topics.ts'

const first = { topic: 'orders', partition: 0 }

async function restored(apply: RecordTransform['apply']) {
  const at = await TwoTopics.backedUp()
  const options = { topics: ['orders'], partitions: [0], transform: { version: '1', apply } }
  const receipt = await at.restore(options).run()
  const key = offsetMapKey('b', receipt.restoreId)
  const map = readOffsetMap(openJson(await at.storage.get(key), key), key)
  const values = (await recordsAt(at.target, first)).map(({ value }) => String(value))
  return { at, receipt, map, values }
}

function valued(record: KafkaRecord, value: string): KafkaRecord {
  return { ...record, value: Buffer.from(value) }
}

describe('a transform', () => {
  test('changes records, and may take its time', async () => {
    const { values } = await restored(async (record) => valued(record, `masked ${record.offset}`))
    expect(values).toEqual(Array.from({ length: 10 }, (_, offset) => `masked ${offset}`))
  })

  test('leaves records out: positions on them lead to the next one', async () => {
    const { values, map, receipt } = await restored((record) => (record.offset % 2n === 0n ? null : record))
    expect(values).toEqual([1, 3, 5, 7, 9].map((offset) => `p0r${offset}`))
    expect(receipt).toMatchObject({ records: 5, recordsSkipped: 5 })
    const kinds = [2n, 3n].map((offset) => map.translate({ ...first, offset }))
    expect(kinds).toMatchObject([
      { kind: 'next', target: { offset: 1n } },
      { kind: 'exact', target: { offset: 1n } },
    ])
  })

  test('makes several of one: a position leads to the first of them', async () => {
    const { values, map } = await restored((record) => [
      valued(record, `${record.offset}a`),
      valued(record, `${record.offset}b`),
    ])
    expect(values.slice(0, 4)).toEqual(['0a', '0b', '1a', '1b'])
    expect(map.translate({ ...first, offset: 4n })).toMatchObject({ kind: 'exact', target: { offset: 8n } })
  })

  test('may make records that the target takes none of: without them the others keep their places', async () => {
    const at = await TwoTopics.backedUp()
    const configs = { 'cleanup.policy': 'compact', 'max.message.bytes': '400' }
    await at.target.simulation.createTopic('orders', { partitionCount: 3, configs })
    const apply = (record: KafkaRecord) => [
      { ...record, key: null },
      valued(record, 'x'.repeat(400)),
      valued(record, `${record.offset}a`),
      valued(record, `${record.offset}b`),
    ]
    const receipt = await at
      .restore({
        topics: ['orders'],
        partitions: [0],
        transform: { version: '1', apply },
        existingTopics: 'append',
        guards: { nullKey: 'drop', messageSize: 'drop' },
      })
      .run()
    expect(receipt).toMatchObject({ records: 20 })
    const values = (await recordsAt(at.target, first)).map(({ value }) => String(value))
    expect(values.slice(0, 4)).toEqual(['0a', '0b', '1a', '1b'])
    const key = offsetMapKey('b', receipt.restoreId)
    const map = readOffsetMap(openJson(await at.storage.get(key), key), key)
    expect(map.translate({ ...first, offset: 4n })).toMatchObject({ kind: 'exact', target: { offset: 8n } })
  })

  test('counts the batches that it opens, and opens none that lies outside of the window', async () => {
    const at = await TwoTopics.backedUp()
    const transform = { version: '1', apply: (record: KafkaRecord) => record }
    const window = { start: timeOf(5) }
    const { read } = await at.restore({ topics: ['orders'], partitions: [0], transform, window }).run()
    expect(read).toMatchObject({ batchesRead: 2, batchesDecoded: 1 })
  })

  test('makes several of the last one: who had read it goes on behind all of them', async () => {
    const { map } = await restored((record) => (record.offset === 9n ? [record, record, record] : record))
    expect(map.translate({ ...first, offset: 10n })).toMatchObject({ kind: 'end', target: { offset: 12n } })
  })

  test('may not send a record elsewhere, which is what mappings are for', async () => {
    await expect(restored((record) => ({ ...record, partition: 7 }))).rejects.toMatchObject({
      code: 'KB_CONFIG_INVALID',
      details: { partition: 0, offset: 0n },
    })
  })

  test('of another version is another restore', async () => {
    const at = await TwoTopics.backedUp()
    const options = (version: string) => ({ transform: { version, apply: (record: KafkaRecord) => record } })
    at.target.produce = () => Promise.reject(new Error('killed'))
    await expect(at.restore({ ...options('1'), newRestoreId: 'r1' }).run()).rejects.toThrow('killed')
    expect((await at.restore(options('1')).plan()).resumes).toBe('r1')
    expect((await at.restore(options('2')).plan()).resumes).toBeNull()
  })
})
