import { comparePartitions, partitionName } from '@kbackup/core'
import { GROUP, type Stage } from './incident.ts'
import { groupPositions, PaymentProcessor, type ProcessorLog } from './payment-processor.ts'
import { PARTITION_COUNT, PAYMENT_TOPICS, restoredTopic } from './payments.ts'
import type { ReadRecord } from './platform.ts'
import type { Step } from './recovery.ts'

/** What the restored topics hold, and what the group reads of it. */
export interface Resumption {
  /** Where the cluster has the group before it is started again, by restored partition. */
  readonly positions: ReadonlyMap<string, bigint>
  /** The same processor, started again. */
  readonly processor: ProcessorLog
  /** Every restored record, read from the beginning by somebody else. */
  readonly restored: readonly ReadRecord[]
  readonly step: Step
}

const TOPICS = PAYMENT_TOPICS.map(restoredTopic)

/** Starts the group again, on the restored topics, until nothing is left to read. */
export async function resume({ platform, screen, signal }: Stage): Promise<Resumption> {
  screen.moment('15:00', `${GROUP} is started again, on ${restoredTopic('payments.*')}.`)
  const ends = await endOffsets({ platform, signal })
  const positions = await groupPositions(platform, { groupId: GROUP, topics: TOPICS, signal })
  const startedAtMs = Date.now()
  const processor = new PaymentProcessor(platform, { groupId: GROUP, topics: TOPICS, signal })
  await readToEnd(processor, ends)
  const step = { name: 'resume', durationMs: Date.now() - startedAtMs }
  const auditor = new PaymentProcessor(platform, { groupId: 'auditor', topics: TOPICS, signal })
  await readToEnd(auditor, ends)
  return { positions, processor, restored: [...auditor.read].sort(byPlace), step }
}

async function readToEnd(reading: PaymentProcessor, ends: ReadonlyMap<string, bigint>): Promise<void> {
  await using processor = reading
  await processor.start()
  await processor.hasCaughtUp(ends)
}

async function endOffsets({ platform, signal }: Pick<Stage, 'platform' | 'signal'>): Promise<Map<string, bigint>> {
  const partitions = TOPICS.flatMap((topic) =>
    Array.from({ length: PARTITION_COUNT }, (_, partition) => ({ topic, partition, at: 'latest' as const })),
  )
  const answers = await platform.cluster.listOffsets(partitions, { signal })
  return new Map(answers.map((answer) => [partitionName(answer), answer.offset]))
}

function byPlace(left: ReadRecord, right: ReadRecord): number {
  return comparePartitions(left, right) || Number(left.offset - right.offset)
}
