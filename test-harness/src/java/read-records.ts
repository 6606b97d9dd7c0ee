import type { TestKafka } from '../kafka/test-kafka.ts'
import { javaTools } from './java-tools.ts'
import { parseWitnessLine, type WitnessRecord } from './witness-record.ts'

/** What a Java consumer is to read. */
export interface ReadRecordsOptions {
  readonly topics: readonly string[]
  /** `read_committed` by default: what a consumer is meant to see. */
  readonly isolation?: 'read_committed' | 'read_uncommitted' | undefined
  readonly signal?: AbortSignal | undefined
}

/** What tools need to know of a cluster. */
export type ToolTarget = Pick<TestKafka, 'libs' | 'version' | 'plaintextServers'>

/**
 * Every record of some topics as a Java consumer reads them, up to the end offsets at the start. Records of a partition come
 * in order; partitions come mixed.
 */
export async function* readRecords(kafka: ToolTarget, options: ReadRecordsOptions): AsyncGenerator<WitnessRecord> {
  const tools = await javaTools(kafka)
  const { topics, isolation = 'read_committed', signal } = options
  const args = ['--bootstrap', kafka.plaintextServers.join(','), '--isolation', isolation, ...topics]
  for await (const line of tools.programLines('RecordDump', args, signal)) yield parseWitnessLine(line)
}

/** Like {@link readRecords}, collected and sorted by topic, partition and offset. */
export async function readAllRecords(
  kafka: ToolTarget,
  options: ReadRecordsOptions,
): Promise<readonly WitnessRecord[]> {
  const records: WitnessRecord[] = []
  for await (const record of readRecords(kafka, options)) records.push(record)
  return records.sort(byPlace)
}

function byPlace(left: WitnessRecord, right: WitnessRecord): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1
  return left.partition - right.partition || Number(left.offset - right.offset)
}
