import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { cacheDirectory } from '../../src/index.ts'
import { sayProgress } from '../../src/progress-line.ts'
import { openAddressedStore } from '../../src/storage/addressed-store.ts'
import type { StoreAddress } from '../../src/storage/store-address.ts'
import { caseFigures, figuresTable } from '../bench-report.ts'
import type { BenchCase, BenchSample } from '../bench-sample.ts'
import { builtWorker } from '../built-worker.ts'
import { backupCase } from './backup-case.ts'
import { openBackupTopic } from './backup-topic.ts'
import { storeCases } from './store-cases.ts'

/** That are on their way at once. */
const PARTITIONS = 16
const MIB = 1024 * 1024

const USAGE = `usage: npm run bench:stores -- [--quick] [--rounds N] [--objects N] [--object-mib N] [--backup-mib N]
         [--only s3|gcs|azure]… [--out FILE]

  --quick       one round of 2 objects of 16 MiB, and of a topic of 32 MiB: whether it works, not how fast it is
  --rounds      how often each case is measured; the table shows medians (3)
  --objects     how many objects are on their way at once (16)
  --object-mib  the length of each (64)
  --backup-mib  the length of the topic with ${PARTITIONS} partitions that is backed up besides (1024)
`

interface StoreBenchOptions {
  readonly rounds: number
  readonly objects: number
  readonly objectBytes: number
  readonly backupBytes: number
  readonly backends: readonly StoreAddress['backend'][]
  readonly out: string | undefined
}

function optionsOf(args: readonly string[]): StoreBenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' },
      rounds: { type: 'string' },
      objects: { type: 'string' },
      'object-mib': { type: 'string' },
      'backup-mib': { type: 'string' },
      only: { type: 'string', multiple: true },
      out: { type: 'string' },
    },
  })
  const quick = values.quick === true
  const all = ['s3', 'gcs', 'azure'] as const
  return {
    rounds: Number(values.rounds ?? (quick ? 1 : 3)),
    objects: Number(values.objects ?? (quick ? 2 : 16)),
    objectBytes: Number(values['object-mib'] ?? (quick ? 16 : 64)) * MIB,
    backupBytes: Number(values['backup-mib'] ?? (quick ? 32 : 1024)) * MIB,
    backends: all.filter((backend) => values.only === undefined || values.only.includes(backend)),
    out: values.out ?? (quick ? undefined : cacheDirectory('bench-stores-results.json')),
  }
}

async function run(options: StoreBenchOptions): Promise<void> {
  await using source = await openBackupTopic(PARTITIONS, options.backupBytes)
  const moving = { ...options, workerFile: await builtWorker('stores/worker.ts') }
  const backingUp = { source, partitions: PARTITIONS, workerFile: await builtWorker('stores/backup-worker.ts') }
  const measured = []
  for (const backend of options.backends) {
    await using opened = await openAddressedStore(backend)
    const cases = [...storeCases(opened.address, moving), backupCase(opened.address, backingUp)]
    measured.push(...(await measure(cases, options.rounds)))
  }
  const figures = caseFigures(measured)
  const gigabytes = ((options.objects * options.objectBytes) / 1e9).toFixed(2)
  process.stdout.write(
    `${options.objects} objects at once, ${gigabytes} GB, medians of ${options.rounds}; Node ${process.version}, ` +
      `${availableParallelism()} cores of ${cpus()[0]?.model}\n\n${figuresTable(figures)}\n`,
  )
  if (options.out === undefined) return
  const rounds = measured.map(({ benchCase, samples }) => ({ name: benchCase.name, samples }))
  await writeFile(options.out, `${JSON.stringify({ ...options, figures, rounds }, null, 2)}\n`)
  sayProgress(`every round is in ${options.out}`)
}

/** What is compared runs one after the other, so that it shares the state of the machine. */
async function measure(cases: readonly BenchCase[], rounds: number) {
  const measured = cases.map((benchCase) => ({ benchCase, samples: [] as BenchSample[] }))
  for (let round = 0; round < rounds; round++) {
    for (const { benchCase, samples } of measured) {
      const sample = { ...(await benchCase.run(round)), brokerCpuSeconds: undefined }
      samples.push(sample)
      sayProgress(`round ${round + 1}/${rounds}  ${benchCase.name}: ${sample.seconds.toFixed(2)} s`)
    }
  }
  return measured
}

try {
  await run(optionsOf(process.argv.slice(2)))
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : error}\n${USAGE}`)
  process.exit(1)
}
