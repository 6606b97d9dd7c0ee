import { describe, expect, it, test } from 'vitest'
import { readBatches } from '../../batch/record-batch.ts'
import type { KafkaRecord } from '../../kafka/kafka-record.ts'
import { fetchOne } from '../../testing/memory-kafka/orders-cluster.ts'
import type { RestoreOptions } from '../restore-options.ts'
import { PARTITION_COUNT, RECORD_COUNT, TwoTopics } from '../testing/two-topics.ts'

const first = { topic: 'orders', partition: 0 }
const ALL = PARTITION_COUNT * RECORD_COUNT

/** Leaves out every fourth record, and makes two of every third one. */
function fanOut(record: KafkaRecord): readonly KafkaRecord[] {
  const ordinal = Number(record.offset)
  if (ordinal % 4 === 0) return []
  return ordinal % 3 === 0 ? [record, { ...record, value: Buffer.from('further') }] : [record]
}

/** Of ten records 0, 4 and 8 are left out, and 3, 6 and 9 are two. */
const MADE_OF_TEN = 10

const KINDS: readonly (readonly [string, Partial<RestoreOptions>, number])[] = [
  ['merged', { partitionMapping: { 1: 0, 2: 1 } }, ALL],
  ['repartitioned', { repartition: { partitionCount: 2 } }, ALL],
  ['transformed', { transform: { version: '1', apply: fanOut } }, PARTITION_COUNT * MADE_OF_TEN],
  [
    'transformed and repartitioned',
    { transform: { version: '1', apply: fanOut }, repartition: { partitionCount: 2 } },
    PARTITION_COUNT * MADE_OF_TEN,
  ],
]

describe.each(KINDS)('the proof of a restore whose records are %s', (_name, how, count) => {
  const options = { topics: ['orders'], newRestoreId: 'r1', verify: 'full', ...how } as const

  it('compares every record of every stream, among those of other streams', async () => {
    const at = await TwoTopics.backedUp()
    const { verification } = await at.restore(options).run()
    expect(verification).toMatchObject({ depth: 'full', compared: count })
    for (const { archiveDigest, targetDigest } of verification.streams) expect(targetDigest).toBe(archiveDigest)
    // All but code is in the journal.
    const { transform } = options
    expect(await at.restore({ transform }).verify('r1')).toMatchObject(verification)
  })

  it('finds a record that was changed, one that is gone, and one that stands there twice', async () => {
    const damages: readonly (readonly [string, (at: TwoTopics) => Promise<void>])[] = [
      ['has another key, value or header', changeRecords],
      ['is missing', ({ target }) => target.deleteRecords([{ ...first, beforeOffset: 1n }]).then(() => {})],
      ['stands there twice', doubleRecords],
    ]
    for (const [what, damage] of damages) {
      const at = await TwoTopics.backedUp()
      await at.restore(options).run()
      await damage(at)
      await expect(at.restore(options).verify('r1'), what).rejects.toMatchObject({
        code: 'KB_RESTORE_UNVERIFIED',
        message: expect.stringContaining(what),
      })
    }
  })
})

async function batchesAt({ target }: TwoTopics): Promise<readonly Buffer[]> {
  const { records } = await fetchOne(target, first, { partitionMaxBytes: 1 << 26, maxBytes: 1 << 26 })
  return [...readBatches(records, first)].map(({ bytes }) => Buffer.from(bytes))
}

/** The log is lost, and stands there again with the last byte of its first value changed. */
async function changeRecords(at: TwoTopics): Promise<void> {
  const batches = await batchesAt(at)
  await at.target.simulation.electLeader(first, { truncateTo: 0n })
  for (const [index, bytes] of batches.entries()) {
    // Behind the value comes one byte, the count of headers.
    if (index === 0) bytes.writeUInt8(bytes.readUInt8(bytes.length - 2) ^ 1, bytes.length - 2)
    await at.target.simulation.appendAsIs(first, bytes)
  }
}

/** The log is lost, and stands there again with its first batch twice. */
async function doubleRecords(at: TwoTopics): Promise<void> {
  const batches = await batchesAt(at)
  await at.target.simulation.electLeader(first, { truncateTo: 0n })
  let end = 0n
  for (const bytes of [...batches.slice(0, 1), ...batches]) {
    bytes.writeBigInt64BE(end, 0)
    await at.target.simulation.appendAsIs(first, bytes)
    end += BigInt(bytes.readInt32BE(23) + 1)
  }
}

test('code that a restore was begun with is in no journal, and has to be given again', async () => {
  const at = await TwoTopics.backedUp()
  const partitioner = (key: Buffer | null, count: number) => (key?.length ?? 0) % count
  const code: Partial<RestoreOptions> = {
    repartition: { partitionCount: 2, partitioner, version: '1' },
    transform: { version: '1', apply: fanOut },
  }
  const { verification } = await at
    .restore({ topics: ['orders'], newRestoreId: 'r1', keys: ['k1', 'k3'], ...code })
    .run()
  expect(await at.restore(code).verify('r1')).toMatchObject(verification)
  for (const missing of [{}, { transform: code.transform }, { repartition: code.repartition }]) {
    await expect(at.restore(missing).verify('r1')).rejects.toMatchObject({ code: 'KB_RESTORE_MISMATCH' })
  }
})

test('a restore that has not restored all of its records proves nothing', async () => {
  const at = await TwoTopics.backedUp()
  const options = { topics: ['orders'], newRestoreId: 'r1' }
  const { allocateProducerId } = at.target
  const killed = () => Promise.reject(new Error('killed'))
  at.target.allocateProducerId = killed
  await expect(at.restore(options).run()).rejects.toThrow('killed')
  await expect(at.restore(options).verify('r1')).rejects.toMatchObject({ code: 'KB_RESTORE_MISMATCH' })
  at.target.allocateProducerId = allocateProducerId
  at.target.produce = killed
  await expect(at.restore(options).run()).rejects.toThrow('killed')
  await expect(at.restore(options).verify('r1')).rejects.toMatchObject({ code: 'KB_RESTORE_MISMATCH' })
})
