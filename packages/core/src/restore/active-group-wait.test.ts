import { expect, test } from 'vitest'
import type { RestoreEvent } from '../events/run-event.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { awaitEmptyGroups } from './active-group-wait.ts'
import { readRestoreOptions } from './restore-request.ts'

test('waiting for a group is said at once, and again with every fifteenth look, until it has no members', async () => {
  const cluster = new MemoryKafkaCluster()
  const member = await cluster.simulation.joinGroup('billing')
  const request = readRestoreOptions({ backupId: 'b', guards: { groupsActive: 'wait' } })
  const events: RestoreEvent[] = []
  const announcedAfter: number[] = []
  let sleeps = 0
  const sleep = async () => {
    sleeps++
    if (sleeps === 20) await cluster.simulation.leaveGroup('billing', member.memberId)
  }
  const emit = (event: RestoreEvent) => {
    events.push(event)
    announcedAfter.push(sleeps)
  }
  await awaitEmptyGroups({ cluster, request }, ['billing'], { sleep, emit, signal: undefined })
  expect(announcedAfter).toEqual([0, 15])
  expect(events).toMatchObject([{ type: 'group-wait', groupId: 'billing' }, { type: 'group-wait' }])
  expect(sleeps).toBe(20)
})
