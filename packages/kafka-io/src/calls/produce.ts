import type { CallOptions, ProducePartition, ProduceRequest, ProduceResult } from '@kbackup/core'
import { partitionName } from '@kbackup/core'
import type { Call } from '../cluster/call.ts'
import { type ClusterClient, isPassing } from '../cluster/cluster-client.ts'
import { patienceMs } from '../cluster/patience.ts'
import type { ProduceOrder, ProduceTurn } from '../cluster/produce-order.ts'
import { abortable } from '../connection/abortable.ts'
import { type Broker, PRODUCE_LANES } from '../connection/broker.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { protocolError } from '../protocol/protocol-errors.ts'
import { type LeaderProduceResult, produceCodec } from '../requests/produce.ts'
import { assertDistinct } from './assert-distinct.ts'
import { maySendAgain } from './produce-codes.ts'

/** One batch on its way to its leader. */
interface Delivery {
  readonly partition: ProducePartition
  readonly turn: ProduceTurn
}

/** What came of one attempt; without an answer the batch did not leave this process. */
type Attempt = { readonly answer: LeaderProduceResult } | { readonly unsent: unknown }

/** The call, and what belongs to it. */
interface ProduceCall extends Call {
  readonly client: ClusterClient
  readonly timeoutMs: number
}

export async function produce(
  { client, order }: { readonly client: ClusterClient; readonly order: ProduceOrder },
  request: ProduceRequest,
  options?: CallOptions,
): Promise<readonly ProduceResult[]> {
  const call = { ...client.begin(options), client, timeoutMs: request.timeoutMs }
  assertDistinct(request.partitions, 'produce')
  const deliveries = request.partitions.map((partition) => ({ partition, turn: order.enter(partition) }))
  try {
    const attempts = await sendTogether(deliveries, call)
    const results = deliveries.map((delivery, index) => settle(delivery, attempts[index], call))
    return (await Promise.all(results)).map(toProduceResult)
  } finally {
    for (const { turn } of deliveries) turn.done()
  }
}

/** The fast way: all batches that nothing holds up, a request a leader and lane. `undefined` for those held up. */
async function sendTogether(
  deliveries: readonly Delivery[],
  call: ProduceCall,
): Promise<readonly (Attempt | undefined)[]> {
  await abortable(Promise.all(deliveries.map(({ turn }) => turn.mayBeSent)), call.signal)
  for (const { turn } of deliveries) if (turn.isHeldUp) turn.slow()
  const free = deliveries.filter(({ turn }) => !turn.isHeldUp)
  const attempts = await attempt(free, call)
  const byDelivery = new Map(free.map((delivery, index) => [delivery, attempts[index]]))
  return deliveries.map((delivery) => byDelivery.get(delivery))
}

/** The slow way, while the batch may be sent again: alone, after all before it. */
async function settle(delivery: Delivery, first: Attempt | undefined, call: ProduceCall): Promise<LeaderProduceResult> {
  const { partition, turn } = delivery
  let last = first
  let wasBehind = turn.hasPredecessor
  for (;;) {
    if (last && 'answer' in last && !isRepeatable(last.answer, partition, wasBehind)) return last.answer
    turn.slow()
    if (wasBehind) await abortable(turn.isFirst, call.signal)
    if (last !== undefined) {
      call.client.metadata.expire([partition.topic])
      const limitMs = 'answer' in last ? patienceMs([last.answer.errorCode]) : undefined
      if (!(await call.budget.wait(limitMs))) return outlasted(last)
    }
    wasBehind = false
    last = (await attempt([delivery], call))[0]
  }
}

function isRepeatable(answer: LeaderProduceResult, { batch }: ProducePartition, wasBehind: boolean): boolean {
  return answer.errorCode !== 0 && maySendAgain(answer.errorCode, batch, wasBehind)
}

function outlasted(last: Attempt): LeaderProduceResult {
  if ('unsent' in last) throw last.unsent
  return last.answer
}

/**
 * One attempt at each batch.
 *
 * @throws KbackupError `KB_KAFKA_UNAVAILABLE` where a connection breaks with a request in flight
 */
async function attempt(deliveries: readonly Delivery[], call: ProduceCall): Promise<readonly Attempt[]> {
  const attempts = new Map<string, Attempt>()
  const { requests, homeless } = await groupByLane(deliveries, call)
  for (const answer of homeless) attempts.set(partitionName(answer), { answer })
  const outcomes = await Promise.allSettled(requests.map((request) => sendRequest(request, call)))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason
    for (const [name, said] of outcome.value) attempts.set(name, said)
  }
  return deliveries.map(({ partition }) => {
    return attempts.get(partitionName(partition)) ?? { answer: unanswered(partition, ProtocolCode.unknownServerError) }
  })
}

interface LaneRequest {
  readonly broker: Broker
  readonly produceLane: number
  readonly deliveries: Delivery[]
}

async function groupByLane(deliveries: readonly Delivery[], call: ProduceCall) {
  const partitions = deliveries.map(({ partition }) => partition)
  const leaders = await call.client.leaders(partitions, call)
  const requests = new Map<string, LaneRequest>()
  const homeless: LeaderProduceResult[] = []
  for (const [index, delivery] of deliveries.entries()) {
    const leader = leaders[index]
    const broker = leader?.found ? call.client.broker(leader.brokerId) : undefined
    if (!broker) {
      const errorCode = leader?.found === false ? leader.errorCode : ProtocolCode.leaderNotAvailable
      homeless.push(unanswered(delivery.partition, errorCode))
      continue
    }
    const produceLane = delivery.partition.partition % PRODUCE_LANES
    const name = `${broker.name} ${produceLane}`
    const request = requests.get(name) ?? { broker, produceLane, deliveries: [] }
    request.deliveries.push(delivery)
    requests.set(name, request)
  }
  return { requests: [...requests.values()], homeless }
}

/** A request that fails before it is sent leaves its batches unsent; any later failure leaves their outcome unknown. */
async function sendRequest({ broker, produceLane, deliveries }: LaneRequest, call: ProduceCall) {
  let isSent = false
  const onSent = () => {
    isSent = true
    for (const { turn } of deliveries) turn.sent()
  }
  const timeoutMs = call.client.requestTimeoutMs + call.timeoutMs
  const request = { partitions: deliveries.map(({ partition }) => partition), timeoutMs: call.timeoutMs }
  try {
    const options = { signal: call.signal, timeoutMs, onSent }
    const { partitions } = await broker.send({ produceLane }, produceCodec, request, options)
    return partitions.map((answer): [string, Attempt] => [partitionName(answer), { answer }])
  } catch (error) {
    if (isSent || !isPassing(error)) throw error
    return deliveries.map(({ partition }): [string, Attempt] => [partitionName(partition), { unsent: error }])
  }
}

function unanswered({ topic, partition }: ProducePartition, errorCode: number): LeaderProduceResult {
  return { topic, partition, errorCode, errorMessage: null, baseOffset: -1n, logAppendTime: -1n, recordErrors: [] }
}

function toProduceResult({ errorCode, errorMessage, ...result }: LeaderProduceResult): ProduceResult {
  if (errorCode === 0) return result
  return { ...result, baseOffset: -1n, error: protocolError(errorCode, errorMessage) }
}
