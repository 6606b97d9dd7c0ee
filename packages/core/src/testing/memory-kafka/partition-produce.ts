import type { BatchCodec } from '../../batch/batch-codec.ts'
import { viewBatch } from '../../batch/record-batch.ts'
import type { ProducePartition, ProduceResult } from '../../kafka/kafka-data.ts'
import { type BrokerErrorName, brokerError } from './broker-error.ts'
import type { MemoryPartition, MemoryTopic } from './memory-topic.ts'
import { checkProducedBatch, type ProduceRules } from './produced-batch.ts'
import type { TopicTable } from './topic-table.ts'

/** The part of the brokers that producing needs. */
export interface ProducingBrokers {
  readonly topics: TopicTable
  readonly missingCodecs: readonly BatchCodec[]
  readonly now: () => bigint
}

/** The answer of a leader to one produced batch: checks, then the producer's sequence, then the append. */
export async function producePartition(
  { topics, missingCodecs, now }: ProducingBrokers,
  item: ProducePartition,
): Promise<ProduceResult> {
  const [topic, partition] = [topics.topic(item.topic), topics.partition(item)]
  if (topic === undefined || partition === undefined) return refusal(item, 'UNKNOWN_TOPIC_OR_PARTITION')
  return partition.inOrder(async () => {
    const rules = { ...rulesOf(topic, item, now()), missingCodecs }
    const checked = await checkProducedBatch(item.batch, rules)
    if (checked.type === 'accepted') return append(partition, item, checked.bytes)
    return { ...refusal(item, checked.name, checked.message), recordErrors: checked.recordErrors }
  })
}

function append({ log }: MemoryPartition, item: ProducePartition, bytes: Buffer): ProduceResult {
  const { topic, partition } = item
  const batch = viewBatch(bytes, log.where)
  const verdict = log.producers.judge(batch)
  if (verdict.type === 'error') return refusal(item, verdict.name, verdict.message)
  if (batch.producerId >= 0n && log.transactions.open.has(batch.producerId)) return refusal(item, 'INVALID_TXN_STATE')
  const baseOffset = verdict.type === 'duplicate' ? verdict.baseOffset : log.append(bytes).baseOffset
  const logAppendTime = batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : -1n
  return { topic, partition, baseOffset, logAppendTime, recordErrors: [] }
}

function rulesOf(
  { configs }: MemoryTopic,
  { topic, partition }: ProducePartition,
  now: bigint,
): Omit<ProduceRules, 'missingCodecs'> {
  return {
    where: { topic, partition },
    isCompacted: configs.get('cleanup.policy').includes('compact'),
    maxMessageBytes: Number(configs.get('max.message.bytes')),
    isLogAppendTime: configs.get('message.timestamp.type') === 'LogAppendTime',
    timestampBeforeMaxMs: BigInt(configs.get('message.timestamp.before.max.ms')),
    timestampAfterMaxMs: BigInt(configs.get('message.timestamp.after.max.ms')),
    now,
  }
}

function refusal(item: ProducePartition, name: BrokerErrorName, message?: string): ProduceResult {
  const { topic, partition } = item
  const error = brokerError(name, message)
  return { topic, partition, baseOffset: -1n, logAppendTime: -1n, error, recordErrors: [] }
}
