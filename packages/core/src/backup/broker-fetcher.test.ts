import { describe, expect, it } from 'vitest'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { FetchRequest, FetchResponse } from '../kafka/kafka-data.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import { BrokerFetcher, type PartitionAnswer } from './broker-fetcher.ts'

const KIB = 1024

interface Exchange {
  readonly request: FetchRequest
  readonly answer: (recordBytes: number) => void
  readonly fail: (error: unknown) => void
}

/** A source whose answers are given by the test. */
class ManualSource implements Pick<KafkaCluster, 'fetch'> {
  readonly exchanges: Exchange[] = []

  fetch(request: FetchRequest, { signal }: CallOptions = {}): Promise<FetchResponse> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason))
      const answer = (recordBytes: number) => resolve(responseTo(request, recordBytes))
      this.exchanges.push({ request, answer, fail: reject })
    })
  }
}

function responseTo({ partitions }: FetchRequest, recordBytes: number): FetchResponse {
  const offsets = { highWatermark: 0n, lastStableOffset: 0n, logStartOffset: 0n, abortedTransactions: [] }
  return {
    throttleTimeMs: 0,
    partitions: partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      ...offsets,
      records: Buffer.alloc(recordBytes),
    })),
  }
}

function fetcherFor(partitionCount: number, budget = new ByteBudget(1024 * KIB)) {
  const source = new ManualSource()
  const stop = new AbortController()
  const fetcher = new BrokerFetcher({
    source,
    isolation: 'read_committed',
    budget,
    maxResponseBytes: 512 * KIB,
    largeBatchBytes: 128 * KIB,
    signal: stop.signal,
  })
  for (let count = 0; count < partitionCount; count++) fetcher.join()
  const fetch = (partition: number, alone = false, expectedBatchBytes = 0): Promise<PartitionAnswer> => {
    const sizes = { largestBatchBytes: 0, expectedBatchBytes, maxBytes: 1024 * KIB }
    return fetcher.fetch({ topic: 'orders', partition, offset: 0n, alone, ...sizes })
  }
  const sent = () => source.exchanges.map(({ request }) => request.partitions.map(({ partition }) => partition))
  return { source, budget, stop, fetch, sent }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('BrokerFetcher', () => {
  it('keeps two requests in flight, each with half of the partitions, in the order of their wishes', async () => {
    const { source, fetch, sent } = fetcherFor(5)
    const answers = [3, 1, 4, 0, 2].map((partition) => fetch(partition))
    await nextTurn()
    expect(sent()).toEqual([
      [3, 1, 4],
      [0, 2],
    ])
    for (const { answer } of source.exchanges) answer(1)
    await Promise.all(answers)
  })

  it('sends no third request before one of the two was answered', async () => {
    const { source, fetch, sent } = fetcherFor(2)
    const answers = [0, 1, 2].map((partition) => fetch(partition))
    await nextTurn()
    expect(sent()).toEqual([[0], [1]])
    source.exchanges[0]?.answer(1)
    const first = await answers[0]
    first?.release()
    await expect.poll(sent).toEqual([[0], [1], [2]])
  })

  it('gives a partition that must be alone a request of its own', async () => {
    const { fetch, sent } = fetcherFor(8)
    for (const [partition, alone] of [
      [0, false],
      [1, true],
      [2, false],
    ] as const)
      fetch(partition, alone).catch(() => undefined)
    await nextTurn()
    expect(sent()).toEqual([[0, 2], [1]])
  })

  it('divides a response among its partitions, so that none is starved by those before it', async () => {
    const { source, fetch } = fetcherFor(8)
    for (let partition = 0; partition < 8; partition++) fetch(partition).catch(() => undefined)
    await nextTurn()
    for (const { request } of source.exchanges) {
      const wanted = request.partitions.reduce((sum, { maxBytes }) => sum + maxBytes, 0)
      expect(wanted).toBeLessThanOrEqual(request.maxBytes)
    }
  })

  it('counts a response against the budget from before it is asked for until its last part is released', async () => {
    const { source, budget, fetch } = fetcherFor(4)
    const answers = [fetch(0), fetch(1)]
    await nextTurn()
    expect(budget.usedBytes).toBe(512 * KIB)
    source.exchanges[0]?.answer(1000)
    const [first, second] = await Promise.all(answers)
    expect(budget.usedBytes).toBe(2000)
    first?.release()
    first?.release()
    expect(budget.usedBytes).toBe(2000)
    second?.release()
    expect(budget.usedBytes).toBe(0)
  })

  it('makes room for a large batch and its stored form before it asks, and asks alone where that is more than all', async () => {
    const { source, budget, fetch, sent } = fetcherFor(2)
    const small = fetch(0)
    await nextTurn()
    const large = [fetch(1, false, 5000 * KIB), fetch(2, false, 5000 * KIB)]
    await nextTurn()
    expect(sent()).toEqual([[0]])
    source.exchanges[0]?.answer(1000)
    ;(await small).release()
    await expect.poll(sent).toEqual([[0], [1]])
    expect(budget.usedBytes).toBe(10_000 * KIB)
    source.exchanges[1]?.answer(4000 * KIB)
    const first = await large[0]
    expect(budget.usedBytes).toBe(8000 * KIB)
    await nextTurn()
    expect(sent()).toEqual([[0], [1]])
    first?.release()
    await expect.poll(sent).toEqual([[0], [1], [2]])
    source.exchanges[2]?.answer(1)
    await large[1]
  })

  it('counts all of an answer that nobody expected to be so large, and waits until the budget has recovered', async () => {
    const { source, budget, fetch, sent } = fetcherFor(2)
    const answers = [fetch(0), fetch(1), fetch(2)]
    await nextTurn()
    source.exchanges[0]?.answer(3000 * KIB)
    const first = await answers[0]
    expect(budget.usedBytes).toBe(6000 * KIB + 512 * KIB)
    await nextTurn()
    expect(sent()).toEqual([[0], [1]])
    source.exchanges[1]?.answer(1)
    ;(await answers[1])?.release()
    await nextTurn()
    expect(sent()).toEqual([[0], [1]])
    first?.release()
    await expect.poll(sent).toEqual([[0], [1], [2]])
    source.exchanges[2]?.answer(1)
    await answers[2]
  })

  it('gives the error of a request to all of its partitions, and the budget back', async () => {
    const { source, budget, fetch } = fetcherFor(4)
    const answers = [fetch(0), fetch(1)]
    await nextTurn()
    const failure = new Error('no broker')
    source.exchanges[0]?.fail(failure)
    await expect(Promise.allSettled(answers)).resolves.toMatchObject([{ reason: failure }, { reason: failure }])
    expect(budget.usedBytes).toBe(0)
  })

  it('rejects what waits and what is in flight with the reason of the signal', async () => {
    const { stop, budget, fetch } = fetcherFor(1)
    const answers = [0, 1, 2, 3].map((partition) => fetch(partition))
    await nextTurn()
    const reason = new Error('stop')
    stop.abort(reason)
    const settled = await Promise.allSettled(answers)
    expect(settled.every((one) => one.status === 'rejected' && one.reason === reason)).toBe(true)
    expect(budget.usedBytes).toBe(0)
  })
})
