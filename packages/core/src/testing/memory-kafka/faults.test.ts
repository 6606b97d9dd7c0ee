import { beforeEach, describe, expect, it } from 'vitest'
import type { MemoryKafkaCluster } from '../memory-kafka-cluster.ts'
import { encoded, fetchOne, numbered, orders, ordersCluster } from './orders-cluster.ts'

let cluster: MemoryKafkaCluster
beforeEach(async () => {
  cluster = await ordersCluster()
})

describe('faults', () => {
  const request = async () => ({ partitions: [{ ...orders, batch: await encoded(numbered(1)) }], timeoutMs: 1 })
  const UNAVAILABLE = expect.objectContaining({ code: 'KB_KAFKA_UNAVAILABLE', retryable: true })

  it('give every item of the next answers an error, and do nothing', async () => {
    cluster.faults.schedule({
      api: 'fetch',
      times: 2,
      after: 1,
      fault: { kind: 'error', name: 'NOT_LEADER_OR_FOLLOWER' },
    })
    cluster.faults.schedule({ api: 'produce', fault: { kind: 'error', name: 'NOT_ENOUGH_REPLICAS' } })
    const codes = []
    for (let turn = 0; turn < 4; turn += 1) codes.push((await fetchOne(cluster, orders)).error?.code)
    expect(codes).toEqual([undefined, 6, 6, undefined])
    expect((await cluster.produce(await request()))[0]?.error?.code).toBe(19)
    expect((await fetchOne(cluster, orders)).highWatermark).toBe(0n)
  })

  it.each([
    ['before', 0n],
    ['after', 1n],
  ] as const)('break the connection %s the append', async (when, highWatermark) => {
    cluster.faults.schedule({ api: 'produce', fault: { kind: 'drop', when } })
    await expect(cluster.produce(await request())).rejects.toEqual(UNAVAILABLE)
    expect((await fetchOne(cluster, orders)).highWatermark).toBe(highWatermark)
  })

  it.each([
    ['before', 0n],
    ['after', 1n],
  ] as const)('hang %s the append until the signal aborts', async (when, highWatermark) => {
    cluster.faults.schedule({ api: 'produce', fault: { kind: 'hang', when } })
    const aborter = new AbortController()
    const hanging = cluster.produce(await request(), { signal: aborter.signal })
    setImmediate(() => aborter.abort('enough'))
    await expect(hanging).rejects.toBe('enough')
    expect((await fetchOne(cluster, orders)).highWatermark).toBe(highWatermark)
  })

  it('let a request land after its sender has given up', async () => {
    cluster.faults.schedule({ api: 'produce', fault: { kind: 'late' } })
    await expect(cluster.produce(await request())).rejects.toEqual(UNAVAILABLE)
    expect([cluster.faults.lateCount, (await fetchOne(cluster, orders)).highWatermark]).toEqual([1, 0n])
    await cluster.faults.landLate()
    expect([cluster.faults.lateCount, (await fetchOne(cluster, orders)).highWatermark]).toEqual([0, 1n])
  })

  it('count calls; an aborted signal makes none', async () => {
    await fetchOne(cluster, orders)
    await expect(cluster.listGroups({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
    expect([cluster.faults.callCount('fetch'), cluster.faults.callCount('listGroups')]).toEqual([1, 0])
  })
})
