import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka, type TestKafka } from '../src/index.ts'
import { guardWithParent } from '../src/process/parent-guard.ts'
import { sayProgress } from '../src/progress-line.ts'
import { benchCases } from './bench-cases.ts'
import { makeDataset } from './bench-dataset.ts'
import { sampleWithBroker } from './bench-kafka.ts'
import { type BenchOptions, benchOptions } from './bench-options.ts'
import { type CaseSamples, caseFigures, figuresTable } from './bench-report.ts'
import type { BenchCase, BenchSample } from './bench-sample.ts'
import { builtWorker } from './built-worker.ts'

async function run(options: BenchOptions): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'kbackup-bench-'))
  const release = guardWithParent({ remove: directory })
  try {
    await using kafka = await startKafka({ brokers: 1, isOptimised: true })
    const dataset = await makeDataset(kafka, { ...options, directory })
    const cases = await benchCases({ dataset, options, directory, workerFile: await builtWorker() })
    await report(kafka, options, await measure(kafka, cases, options.rounds))
  } finally {
    await rm(directory, { recursive: true, force: true })
    release()
  }
}

/** Round by round, so that what disturbs the machine for a while disturbs all cases. */
async function measure(kafka: TestKafka, cases: readonly BenchCase[], rounds: number): Promise<readonly CaseSamples[]> {
  for (const { prepare } of cases) await prepare?.()
  const measured = cases.map((benchCase) => ({ benchCase, samples: [] as BenchSample[] }))
  for (let round = 0; round < rounds; round++) {
    for (const { benchCase, samples } of measured) {
      const sample = await sampleWithBroker(kafka, benchCase, round)
      samples.push(sample)
      sayProgress(`round ${round + 1}/${rounds}  ${benchCase.name}: ${sample.seconds.toFixed(2)} s`)
    }
  }
  return measured
}

async function report(kafka: TestKafka, options: BenchOptions, measured: readonly CaseSamples[]): Promise<void> {
  const figures = caseFigures(measured)
  const { rounds, records, partitions } = options
  const facts = {
    at: new Date().toISOString(),
    records,
    partitions,
    rounds,
    kafka: kafka.version,
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    loadAverage: loadavg(),
  }
  const valueMegabytes = ((measured[0]?.benchCase.valueBytes ?? 0) / 1e6).toFixed(0)
  process.stdout.write(
    `${records} events (${valueMegabytes} MB of values), ${partitions} partitions, medians of ${rounds}; ` +
      `Kafka ${facts.kafka}, Node ${facts.node}, ${facts.cores} cores of ${facts.processor}\n\n${figuresTable(figures)}\n`,
  )
  if (options.out === undefined) return
  const rows = measured.map(({ benchCase, samples }) => ({ name: benchCase.name, samples }))
  await writeFile(options.out, `${JSON.stringify({ ...facts, figures, rounds: rows }, null, 2)}\n`)
  sayProgress(`every round is in ${options.out}`)
}

const options = benchOptions(process.argv.slice(2))
if (options === undefined) process.exitCode = 2
else await run(options)
