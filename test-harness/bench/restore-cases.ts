import { join } from 'node:path'
import type { ProofDepth } from '@kbackup/core'
import { createTopic } from '../src/index.ts'
import type { BenchPlan } from './bench-cases.ts'
import { deleteTopics } from './bench-kafka.ts'
import type { BenchCase } from './bench-sample.ts'
import { fillTopics, manyTopics } from './many-topics.ts'
import { producerPerformance } from './reference-tools.ts'
import { assertRecords, runWorker } from './run-worker.ts'

const PLAIN = 'restore, zstd archive'

interface RestoreCase {
  readonly name: string
  readonly comparedWith: readonly string[]
  readonly topics: readonly string[]
  readonly records: number
  readonly verify: ProofDepth
  /** Where its archive lies; cases that restore the same share it. */
  readonly archive: string
  /** Fills the topics, unless they are there. */
  fill?(): Promise<void>
}

/** Restores of one topic, of one that was produced record by record, and of many small ones; and with all of it read back. */
export function restoreCases(plan: BenchPlan, producer: string): readonly BenchCase[] {
  const { dataset, options } = plan
  const plain = { topics: [dataset.plainTopic], records: options.records, archive: 'plain', verify: 'none' } as const
  const cases: readonly RestoreCase[] = [
    { ...plain, name: PLAIN, comparedWith: [producer] },
    { ...plain, name: 'restore, full verification', comparedWith: [PLAIN], verify: 'full' },
    singlesCase(plan),
    manyTopicsCase(plan),
  ]
  return cases.map((restoreCase) => benchCase(plan, restoreCase))
}

function singlesCase({ dataset, options }: BenchPlan): RestoreCase {
  const { kafka, payloadFile } = dataset
  const topic = 'bench-singles'
  const { records } = options
  const fill = async () => {
    await createTopic(kafka, { topic, partitions: options.partitions })
    await producerPerformance(kafka, { topic, records, payloadFile, compression: 'none', batchBytes: 1 })
  }
  return {
    ...{ name: 'restore, batches of one record', topics: [topic], records, archive: 'singles', fill },
    ...{ comparedWith: [], verify: 'none' },
  }
}

function manyTopicsCase({ dataset, options }: BenchPlan): RestoreCase {
  const topics = manyTopics('bench-many', options.records)
  const fill = () => fillTopics(dataset, topics)
  const name = 'restore, topics of one partition'
  return { name, topics, records: options.records, archive: 'many', comparedWith: [PLAIN], verify: 'none', fill }
}

function benchCase(plan: BenchPlan, restoreCase: RestoreCase): BenchCase {
  const { dataset, options, directory } = plan
  const { name, comparedWith, topics, records, verify } = restoreCase
  const { plaintextServers: servers } = dataset.kafka
  const archive = { servers, directory: join(directory, restoreCase.archive), topics }
  return {
    name,
    valueBytes: Math.round((dataset.valueBytes * records) / options.records),
    records,
    comparedWith,
    async prepare() {
      await restoreCase.fill?.()
      const { records: moved } = await runWorker(plan, { kind: 'backup', ...archive, compression: 'zstd' })
      // An archive that is there already gains nothing.
      if (moved !== 0) assertRecords({ records: moved }, records)
    },
    async run(round) {
      const targetPrefix = `restored-${round}-`
      const { storedBytes: _read, ...sample } = await runWorker(plan, {
        ...{ kind: 'restore', ...archive, targetPrefix, verify },
      })
      assertRecords(sample, records)
      await deleteTopics(
        dataset.kafka,
        topics.map((topic) => `${targetPrefix}${topic}`),
      )
      return sample
    },
  }
}
