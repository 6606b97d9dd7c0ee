import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackup, createOffsetReset, createRestore } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { cacheDirectory, startKafka, type TestKafka } from '../../src/index.ts'
import { placeGroups, positionsIn, produceNumbers } from '../../src/kafka/positioned-groups.ts'
import { guardWithParent } from '../../src/process/parent-guard.ts'
import { sayProgress } from '../../src/progress-line.ts'
import { measuredProcess } from '../measured-process.ts'

/*
 * Bulk reset of consumer groups beside kafka-consumer-groups.sh, one group at a time, and beside our own with one group at a
 * time. Each case sets the same groups to the same positions.
 */

const [SOURCE, TARGET, BACKUP] = ['orders', 'restored', 'groups']
const GROUP_IDS = Array.from({ length: 500 }, (_none, group) => `group-${String(group).padStart(3, '0')}`)
const PARTITIONS = 8
const RECORDS = 100
/** Of the script; the others would take as long. */
const TIMED_SCRIPT_GROUPS = 20
const ROUNDS = 5
/** Groups at a time. */
const BULK = 50

async function run(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'kbackup-bench-groups-'))
  const release = guardWithParent({ remove: directory })
  try {
    await using cluster = await startKafka({ brokers: 3, isOptimised: true })
    await prepare(cluster, directory)
    await measureRound(cluster, directory)
    const rounds: Round[] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push(await measureRound(cluster, directory))
    const script = ((await scriptSeconds(cluster)) / TIMED_SCRIPT_GROUPS) * GROUP_IDS.length
    await report(cluster, { script, rounds })
  } finally {
    await rm(directory, { recursive: true, force: true })
    release()
  }
}

async function prepare(cluster: TestKafka, directory: string): Promise<void> {
  await produceNumbers(cluster, { topic: SOURCE, partitions: PARTITIONS, records: RECORDS })
  await using client = connect(cluster)
  await placeGroups(client, GROUP_IDS, (group) =>
    positionsIn(SOURCE, PARTITIONS, (partition) => BigInt((group + partition) % RECORDS)),
  )
  const parts = { storage: fs({ directory }), backupId: BACKUP, topics: [SOURCE] }
  await createBackup({ ...parts, source: client }).run()
  await createRestore({ ...parts, target: client, rename: { [SOURCE]: TARGET } }).run()
}

function connect({ plaintextServers }: TestKafka) {
  return kafka({ brokers: [...plaintextServers] })
}

/** A reset as a program runs it, connections and journal included. */
async function resetSeconds(cluster: TestKafka, directory: string, maxConcurrent: number): Promise<number> {
  await using reset = createOffsetReset({
    storage: fs({ directory }),
    backupId: BACKUP,
    target: connect(cluster),
    maxConcurrent,
  })
  const startedAt = performance.now()
  const { groups } = await reset.run()
  const seconds = (performance.now() - startedAt) / 1000
  if (groups.some(({ outcome }) => outcome !== 'reset')) throw new Error('not all groups were set')
  sayProgress(`${groups.length} groups, ${maxConcurrent} at a time: ${seconds.toFixed(2)} s`)
  return seconds
}

async function scriptSeconds({ plaintextServers, libs }: TestKafka): Promise<number> {
  if (libs === undefined) throw new Error('the benchmarks need the Java tools of Kafka: install Maven and a JDK')
  let total = 0
  for (const groupId of GROUP_IDS.slice(0, TIMED_SCRIPT_GROUPS)) {
    const { wallSeconds } = await measuredProcess({
      command: 'java',
      keepsOutput: true,
      args: [
        ...['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', join(libs, '*')],
        'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
        ...['--bootstrap-server', plaintextServers.join(','), '--group', groupId],
        ...['--topic', TARGET, '--reset-offsets', '--to-offset', '50', '--execute'],
      ],
    })
    sayProgress(`kafka-consumer-groups.sh: ${wallSeconds.toFixed(2)} s`)
    total += wallSeconds
  }
  return total
}

/** Seconds that both took, one right after the other: what disturbs the machine for a while disturbs both. */
interface Round {
  readonly one: number
  readonly bulk: number
}

async function measureRound(cluster: TestKafka, directory: string): Promise<Round> {
  const one = await resetSeconds(cluster, directory, 1)
  return { one, bulk: await resetSeconds(cluster, directory, BULK) }
}

interface Figures {
  readonly script: number
  readonly rounds: readonly Round[]
}

async function report({ version }: TestKafka, { script, rounds }: Figures): Promise<void> {
  const one = median(rounds.map((round) => round.one))
  const bulk = median(rounds.map((round) => round.bulk))
  const timesOne = median(rounds.map((round) => round.one / round.bulk))
  const row = (name: string, seconds: number, times: number) =>
    `| ${name} | ${seconds.toFixed(2)} | ${times.toFixed(1)} |`
  const lines = [
    `${GROUP_IDS.length} groups of ${PARTITIONS} partitions, 3 brokers of Kafka ${version}, ${availableParallelism()} cores; medians of ${ROUNDS}`,
    '',
    '| how | seconds | times the bulk reset |',
    '| --- | --- | --- |',
    row(
      `kafka-consumer-groups.sh, one after the other (${TIMED_SCRIPT_GROUPS} timed, and scaled)`,
      script,
      script / bulk,
    ),
    row('kbackup offset-reset, --max-concurrent 1', one, timesOne),
    row(`kbackup offset-reset, --max-concurrent ${BULK}`, bulk, 1),
    '',
  ]
  process.stdout.write(lines.join('\n'))
  const results = { kafka: version, loadAverage: loadavg(), script, one, bulk, timesOne, rounds }
  await writeFile(cacheDirectory('bench-groups-results.json'), `${JSON.stringify(results, null, 2)}\n`)
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

await run()
