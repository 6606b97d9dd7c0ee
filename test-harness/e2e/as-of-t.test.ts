import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBackup, createRestore, openArchive } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTopic, plaintextClient, produceCorpus, startKafka, type TestKafka } from '../src/index.ts'

const TOPIC = 'payments'
const GROUP = 'payment-processor'
const RECORDS = 100

let cluster: TestKafka
let folder: string
/** A moment between each commit and the next, and the position that counted then. */
const moments: { readonly at: number; readonly offset: bigint }[] = []

beforeAll(async () => {
  cluster = await startKafka({
    config: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    },
  })
  folder = await mkdtemp(join(tmpdir(), 'kbackup-as-of-t-'))
  await createTopic(cluster, { topic: TOPIC })
  await produceCorpus(cluster, { topic: TOPIC, cases: [`plain:${RECORDS}`] })
  await commitAtFiveMoments()
})

afterAll(async () => {
  await cluster.stop()
  await rm(folder, { recursive: true })
})

/** Positions go backwards once, as they do after a reset by hand. */
async function commitAtFiveMoments(): Promise<void> {
  const admin = plaintextClient(cluster.plaintextServers).admin()
  await admin.connect()
  for (const offset of [10, 40, 70, 20, 90]) {
    await admin.setOffsets({ groupId: GROUP, topic: TOPIC, partitions: [{ partition: 0, offset: String(offset) }] })
    await sleep(150)
    moments.push({ at: Date.now(), offset: BigInt(offset) })
    await sleep(150)
  }
  await admin.disconnect()
}

async function backUp(backupId: string): Promise<void> {
  await using source = kafka({ brokers: [...cluster.plaintextServers] })
  const storage = fs({ directory: folder })
  await createBackup({ source, storage, backupId, topics: [TOPIC], consumerGroups: 'all' }).run()
}

async function positionOf(topic: string): Promise<bigint | undefined> {
  await using target = kafka({ brokers: [...cluster.plaintextServers] })
  const [group] = await target.fetchGroupOffsets([GROUP])
  return group?.offsets.find((position) => position.topic === topic)?.offset
}

/** Records of the corpus bear times around their production, so a moment later than that has them all. */
async function restoreTo(at: number, backupId: string, topic: string) {
  await using target = kafka({ brokers: [...cluster.plaintextServers] })
  const storage = fs({ directory: folder })
  return await createRestore({
    storage,
    backupId,
    target,
    window: { end: at },
    rename: { [TOPIC]: topic },
    groups: [GROUP],
    guards: { retention: 'hold' },
  }).run()
}

describe('a group that committed at five moments, backed up after all of them', () => {
  it('is put back to where it was at each of them, exactly', async () => {
    await backUp('exact')
    for (const [index, { at, offset }] of moments.entries()) {
      const topic = `restored-${index}`
      const receipt = await restoreTo(at, 'exact', topic)
      expect(receipt.records).toBe(RECORDS)
      expect(receipt.groups).toMatchObject([
        { groupId: GROUP, outcome: 'reset', positions: [{ known: 'exact', source: { topic: TOPIC, offset } }] },
      ])
      expect(await positionOf(topic)).toBe(offset)
    }
  })

  it('leaves its positions in other topics as they were', async () => {
    expect(await positionOf(TOPIC)).toBe(90n)
  })

  it('is only known within bounds where __consumer_offsets may not be read, and that is said', async () => {
    const admin = plaintextClient(cluster.plaintextServers).admin()
    await admin.connect()
    await admin.createAcls({
      acl: [
        {
          resourceType: AclResourceTypes.TOPIC,
          resourceName: '__consumer_offsets',
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: 'User:ANONYMOUS',
          host: '*',
          operation: AclOperationTypes.READ,
          permissionType: AclPermissionTypes.DENY,
        },
      ],
    })
    await admin.disconnect()
    await backUp('bounds')
    const archive = await openArchive(fs({ directory: folder }), 'bounds')
    const { positions } = await archive.groups({ at: BigInt(moments[1]?.at ?? 0), groupIds: [GROUP] })
    const payments = positions.find(({ topic }) => topic === TOPIC)
    expect(payments).toMatchObject({ kind: 'at-or-after', offset: 90n, source: 'capture' })
    const receipt = await restoreTo(moments[1]?.at ?? 0, 'bounds', 'restored-in-bounds')
    expect(receipt.groups).toMatchObject([{ positions: [{ known: 'at-or-after', source: { offset: 90n } }] }])
  })
})
