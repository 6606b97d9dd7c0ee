import { join } from 'node:path'
import type { TestKafka } from '../src/index.ts'
import type { BenchSample } from './bench-sample.ts'
import { measuredProcess } from './measured-process.ts'

type Sample = Omit<BenchSample, 'brokerCpuSeconds'>

/** Kafka's own scripts give these tools as much. */
const HEAP = '-Xmx512m'
const QUIET = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'

/** What the Java tools need of a cluster. */
export interface ToolCluster extends Pick<TestKafka, 'plaintextServers'> {
  readonly libs: string
}

export interface ProducerPerformanceOptions {
  readonly topic: string
  readonly records: number
  readonly payloadFile: string
  readonly compression: 'none' | 'lz4'
  /** 131,072 where absent; with 1 each record is a batch. */
  readonly batchBytes?: number | undefined
}

/** Fills a topic with `ProducerPerformance`; its time is the one that it reports. */
export async function producerPerformance(
  cluster: ToolCluster,
  { topic, records, payloadFile, compression, batchBytes = 131_072 }: ProducerPerformanceOptions,
): Promise<Sample> {
  const properties = [
    `bootstrap.servers=${cluster.plaintextServers.join(',')}`,
    'acks=all',
    `batch.size=${batchBytes}`,
    `compression.type=${compression}`,
  ]
  const { stdout, cpuSeconds, peakRssMiB } = await java(cluster, [
    'org.apache.kafka.tools.ProducerPerformance',
    ...['--topic', topic, '--num-records', String(records), '--throughput', '-1'],
    ...['--payload-file', payloadFile, '--producer-props', ...properties],
  ])
  const rate = [...stdout.matchAll(/records sent, ([\d.]+) records\/sec/g)].at(-1)?.[1]
  return { seconds: records / reported(rate, stdout), cpuSeconds, peakRssMiB }
}

/** Reads a topic with `ConsumerPerformance`; its time is that of fetching, without joining a group. */
export async function consumerPerformance(
  cluster: ToolCluster,
  { topic, records }: { readonly topic: string; readonly records: number },
): Promise<Sample> {
  const { stdout, cpuSeconds, peakRssMiB } = await java(cluster, [
    'org.apache.kafka.tools.ConsumerPerformance',
    ...['--bootstrap-server', cluster.plaintextServers.join(',')],
    ...['--topic', topic, '--messages', String(records), '--timeout', '60000'],
  ])
  const [header = '', figures = ''] = stdout.trim().split('\n').slice(-2)
  const column = header.split(',').findIndex((name) => name.trim() === 'fetch.time.ms')
  return { seconds: reported(figures.split(',')[column], stdout) / 1000, cpuSeconds, peakRssMiB }
}

/** Reads a topic from its beginning to its end with kcat; its time is that of the process, which starts at once. */
export async function kcatConsumer(
  { plaintextServers }: Pick<TestKafka, 'plaintextServers'>,
  topic: string,
): Promise<Sample> {
  const args = ['-C', '-q', '-e', '-b', plaintextServers.join(','), '-t', topic, '-o', 'beginning']
  const { wallSeconds, cpuSeconds, peakRssMiB } = await measuredProcess({ command: 'kcat', args, keepsOutput: false })
  return { seconds: wallSeconds, cpuSeconds, peakRssMiB }
}

function java({ libs }: ToolCluster, args: readonly string[]) {
  const all = [HEAP, QUIET, '-cp', join(libs, '*'), ...args]
  return measuredProcess({ command: 'java', args: all, keepsOutput: true })
}

function reported(text: string | undefined, output: string): number {
  const value = Number(text)
  if (text !== undefined && value > 0) return value
  throw new Error(`the tool did not report its figures:\n${output.slice(-2_000)}`)
}
