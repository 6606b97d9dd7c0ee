import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createTopic, kcatInstalled } from '../src/index.ts'
import type { BenchDataset } from './bench-dataset.ts'
import { deleteTopics } from './bench-kafka.ts'
import type { BenchOptions } from './bench-options.ts'
import type { BenchCase, BenchSample } from './bench-sample.ts'
import { consumerPerformance, kcatConsumer, producerPerformance } from './reference-tools.ts'
import { restoreCases } from './restore-cases.ts'
import { assertRecords, runWorker } from './run-worker.ts'
import type { BackupJob } from './worker-job.ts'

/** The names of what our figures are compared with. */
const CONSUMER = 'ConsumerPerformance'
const KCAT = 'kcat'
const CONSUMER_LZ4 = 'ConsumerPerformance, lz4 topic'
const PRODUCER = 'ProducerPerformance'
const CODEC = 'zstd-3 alone, all cores'

export interface BenchPlan {
  readonly dataset: BenchDataset
  readonly options: BenchOptions
  /** For archives. */
  readonly directory: string
  /** The program that does what is measured of ours. */
  readonly workerFile: string
}

type Sample = Omit<BenchSample, 'brokerCpuSeconds'>

/** All cases, in the order in which each round measures them: what is compared stands side by side. */
export async function benchCases(plan: BenchPlan): Promise<readonly BenchCase[]> {
  const { only } = plan.options
  const kcat = (await kcatInstalled()) ? [kcatCase(plan)] : []
  const cases = [...kcat, ...readingCases(plan), ...lz4Cases(plan), ...writingCases(plan)]
  return cases.filter(({ name }) => only.length === 0 || only.some((text) => name.includes(text)))
}

function kcatCase({ dataset }: BenchPlan): BenchCase {
  const { kafka, plainTopic, valueBytes } = dataset
  return { name: KCAT, valueBytes, run: () => kcatConsumer(kafka, plainTopic) }
}

function readingCases(plan: BenchPlan): readonly BenchCase[] {
  const { kafka, plainTopic: topic, valueBytes } = plan.dataset
  const { records } = plan.options
  const backup = backupsOf(topic, plan)
  return [
    { name: CONSUMER, valueBytes, run: () => consumerPerformance(kafka, { topic, records }) },
    { name: 'backup, none', valueBytes, comparedWith: [CONSUMER, KCAT], run: () => backup({ compression: 'none' }) },
    { name: CODEC, valueBytes, run: () => codecAlone(plan) },
    { name: 'backup, zstd', valueBytes, comparedWith: [CODEC, CONSUMER], run: () => backup({ compression: 'zstd' }) },
  ]
}

function lz4Cases(plan: BenchPlan): readonly BenchCase[] {
  const { dataset, options } = plan
  const { kafka, lz4Topic: topic, valueBytes } = dataset
  const backup = backupsOf(topic, plan)
  const run = () => consumerPerformance(kafka, { topic, records: options.records })
  const exact = () => backup({ compression: 'zstd', indexTimestamps: 'exact' })
  const lazy = () => backup({ compression: 'zstd', indexTimestamps: 'lazy' })
  return [
    { name: CONSUMER_LZ4, valueBytes, run },
    { name: 'backup, lz4 topic, lazy', valueBytes, comparedWith: [CONSUMER_LZ4], run: lazy },
    { name: 'backup, lz4 topic, exact', valueBytes, comparedWith: [CONSUMER_LZ4], run: exact },
  ]
}

function writingCases(plan: BenchPlan): readonly BenchCase[] {
  const { dataset, options } = plan
  const { kafka, valueBytes, payloadFile } = dataset
  const { records, partitions } = options
  const produce = async (round: number): Promise<Sample> => {
    const target = `bench-produced-${round}`
    await createTopic(kafka, { topic: target, partitions })
    const sample = await producerPerformance(kafka, { topic: target, records, payloadFile, compression: 'none' })
    await deleteTopics(kafka, [target])
    return sample
  }
  return [{ name: PRODUCER, valueBytes, run: produce }, ...restoreCases(plan, PRODUCER)]
}

/** Backups of a topic, each into an archive of its own that is removed when its figures are known. */
function backupsOf(topic: string, plan: BenchPlan) {
  const { dataset, options, directory } = plan
  return async (how: Pick<BackupJob, 'compression' | 'indexTimestamps'>): Promise<Sample> => {
    const archive = await mkdtemp(join(directory, 'backup-'))
    const servers = dataset.kafka.plaintextServers
    const result = await runWorker(plan, { kind: 'backup', servers, directory: archive, topics: [topic], ...how })
    await rm(archive, { recursive: true })
    assertRecords(result, options.records)
    return result
  }
}

async function codecAlone(plan: BenchPlan): Promise<Sample> {
  const { kafka, plainTopic: topic, valueBytes: bytes } = plan.dataset
  const concurrency = plan.options.codecConcurrency
  return runWorker(plan, { kind: 'codec', servers: kafka.plaintextServers, topic, bytes, concurrency })
}
