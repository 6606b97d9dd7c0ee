import { describe, expect, it } from 'vitest'
import type { MetadataPartition, MetadataResponse } from '../requests/metadata.ts'
import { ClusterMetadata } from './cluster-metadata.ts'

const brokers = [1, 2, 3].map((brokerId) => ({ brokerId, host: 'kafka', port: 9_000 + brokerId }))

interface Seen {
  readonly topicId?: string
  readonly errorCode?: number
  readonly leader?: number
  readonly leaderEpoch?: number
}

function seen({ topicId = 'a'.repeat(32), errorCode = 0, leader = 1, leaderEpoch = 0 }: Seen): MetadataResponse {
  const partition: MetadataPartition = {
    errorCode: 0,
    partition: 0,
    leader,
    leaderEpoch,
    replicas: [1, 2, 3],
    inSyncReplicas: [1, 2, 3],
  }
  const topics = [{ errorCode, topic: 't', topicId, internal: false, partitions: [partition] }]
  return { throttleTimeMs: 0, brokers, clusterId: 'c', controllerId: 1, topics }
}

function leaderAfter(...responses: readonly Seen[]) {
  const metadata = new ClusterMetadata()
  for (const response of responses) metadata.learn(seen(response))
  return metadata.leaderOf({ topic: 't', partition: 0 })
}

describe('ClusterMetadata', () => {
  it('finds the leader and its epoch', () => {
    expect(leaderAfter({ leader: 2, leaderEpoch: 5 })).toEqual({ found: true, brokerId: 2, leaderEpoch: 5 })
  })

  it('keeps the newer epoch when a broker that lags behind names the old leader', () => {
    const leader = leaderAfter({ leader: 2, leaderEpoch: 5 }, { leader: 1, leaderEpoch: 4 })
    expect(leader).toEqual({ found: true, brokerId: 2, leaderEpoch: 5 })
  })

  it('begins anew with a topic of another id', () => {
    const leader = leaderAfter({ leader: 2, leaderEpoch: 5 }, { topicId: 'b'.repeat(32), leader: 1, leaderEpoch: 0 })
    expect(leader).toEqual({ found: true, brokerId: 1, leaderEpoch: 0 })
  })

  it.each<[string, Seen, number]>([
    ['has no leader now', { leader: -1 }, 5],
    ['has a leader that is no member', { leader: 9 }, 5],
    ['does not exist', { errorCode: 3 }, 3],
  ])('says why, where the partition %s', (_why, response, errorCode) => {
    expect(leaderAfter(response)).toEqual({ found: false, errorCode })
  })

  it('asks again about what was expired, and meanwhile still knows it', () => {
    const metadata = new ClusterMetadata()
    metadata.learn(seen({}))
    expect(metadata.isFresh('t')).toBe(true)
    metadata.expire(['t', 'unknown'])
    expect(metadata.isFresh('t')).toBe(false)
    expect(metadata.leaderOf({ topic: 't', partition: 0 }).found).toBe(true)
  })
})
