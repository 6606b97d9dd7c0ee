import { describe, expect, it } from 'vitest'
import { readOffsetsTopicRecord } from './offsets-topic-record.ts'

const hex = (text: string) => Buffer.from(text, 'hex')
/** group `simple`, topic `orders`, partition 1, as Kafka 3.9.1 and 4.1.0 write it. */
const key = hex('0001000673696d706c6500066f726465727300000001')
const simple = { groupId: 'simple', topic: 'orders', partition: 1 }

describe('a record of the offsets topic', () => {
  it.each([
    ['0, of 2013', '0000000000000000000400026f6b000001a1fe68172a', -1, 'ok'],
    ['1, with an expiry of its own', '0001000000000000000400026f6b000001a1fe68172a000001a1fe68172a', -1, 'ok'],
    ['2, of Kafka 2.0', '0002000000000000000400026f6b000001a1fe68172a', -1, 'ok'],
    ['3, as 3.9.1 wrote it', '000300000000000000040000000000076772c3bcc39f65000001a1fe68172a', 0, 'grüße'],
    ['4, as 4.1.0 wrote it', '0004000000000000000400000000086772c3bcc39f65000001a1fe68172a00', 0, 'grüße'],
    ['4, with a tagged field of a newer broker', '00040000000000000004ffffffff01000001a1fe68172a01000101', -1, ''],
  ])('gives the position in a value of version %s', (_what, value, leaderEpoch, metadata) => {
    expect(readOffsetsTopicRecord(key, hex(value))).toEqual({
      type: 'position',
      key: simple,
      position: { offset: 4n, leaderEpoch, metadata, commitTimestamp: 1795269596970n },
    })
  })

  it('reads keys of version 0 as those of version 1', () => {
    const old = Buffer.from(key)
    old.writeInt16BE(0, 0)
    expect(readOffsetsTopicRecord(old, null)).toEqual({ type: 'position', key: simple, position: null })
  })

  it('ends a position with a tombstone', () => {
    expect(readOffsetsTopicRecord(key, null)).toEqual({ type: 'position', key: simple, position: null })
  })

  it('knows the state of a classic group from a position', () => {
    expect(readOffsetsTopicRecord(hex('0002000862792d61646d696e'), null)).toEqual({
      type: 'group',
      groupId: 'by-admin',
    })
  })

  it.each([
    ['KIP-848 group', '000300066b6970383438', 3],
    ['KIP-848 member', '000500066b697038343800164c732d3276575234526253734261484456476b493577', 5],
    ['a key of a broker not yet written', '7fff', 32767],
  ])('passes over the key of %s', (_what, unknown, keyVersion) => {
    expect(readOffsetsTopicRecord(hex(unknown), hex('0000'))).toMatchObject({
      type: 'skipped',
      reason: 'unknown-key',
      keyVersion,
    })
  })

  it.each([
    ['a value of version 5', '0005', 'unknown-value', 5],
    ['a value without a version', '00', 'malformed', -1],
    ['a value of version −1', 'ffff', 'malformed', -1],
    ['a value that is cut short', '00040000000000000004ffffffff0100', 'malformed', 4],
    ['metadata longer than the value', '00040000000000000004ffffffffff7f00', 'malformed', 4],
    ['metadata that is null', '0003000000000000000400000000ffff000001a1fe68172a', 'malformed', 3],
  ])('says whose position it cannot read in %s', (_what, value, reason, valueVersion) => {
    expect(readOffsetsTopicRecord(key, hex(value))).toMatchObject({
      type: 'skipped',
      reason,
      valueVersion,
      key: simple,
    })
  })

  it('never throws over a key that is cut short anywhere', () => {
    for (let length = 0; length < key.length; length += 1) {
      expect(readOffsetsTopicRecord(key.subarray(0, length), null).type).toBe('skipped')
    }
    expect(readOffsetsTopicRecord(null, null)).toMatchObject({ type: 'skipped', reason: 'empty-key' })
  })
})
