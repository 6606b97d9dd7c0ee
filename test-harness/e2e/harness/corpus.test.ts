import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTopic,
  javaTools,
  kcat,
  kcatInstalled,
  type ProducedRecord,
  produceCorpus,
  produceRawCorpus,
  readAllRecords,
  startKafka,
  type TestKafka,
  type WitnessBytes,
  type WitnessRecord,
} from '../../src/index.ts'

const hasKcat = await kcatInstalled()
const BIG = { 'max.message.bytes': String(16 << 20) }

describe('the adversarial corpus', () => {
  let kafka: TestKafka
  beforeAll(async () => {
    kafka = await startKafka({ config: { 'message.max.bytes': String(16 << 20) } })
  })
  afterAll(() => kafka.stop())

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'comes back as it was acknowledged, in %s',
    async (codec) => {
      const topic = `corpus-${codec}`
      await createTopic(kafka, { topic, partitions: 2, config: BIG })
      const cases = ['nulls', 'headers', 'timestamps', 'tombstones:30', 'singles:3', 'plain:200', 'big:1'] as const
      const produced = await produceCorpus(kafka, { topic, partition: 1, codec, cases })
      expect(produced).toHaveLength(27 + 6 + 9 + 30 + 3 + 200 + 1)
      expect(await readAllRecords(kafka, { topics: [topic] })).toEqual(produced.map(withoutFate))
    },
  )

  it('shows the records of the "timestamps" case in one batch', async () => {
    await createTopic(kafka, { topic: 'one-batch' })
    await produceCorpus(kafka, { topic: 'one-batch', cases: ['timestamps'] })
    expect((await dumpedBatches(kafka, 'one-batch')).map(({ count }) => count)).toEqual([9])
  })

  it.skipIf(!hasKcat)('looks the same to kcat as to the Java client', async () => {
    await createTopic(kafka, { topic: 'kcat', config: BIG })
    await produceCorpus(kafka, { topic: 'kcat', cases: ['nulls', 'timestamps', 'aborted', 'big:1'] })
    const format = '%o %T %K %S\n'
    const seen = await kcat(['-C', '-e', '-q', '-b', kafka.plaintextServers.join(','), '-t', 'kcat', '-f', format])
    const records = await readAllRecords(kafka, { topics: ['kcat'] })
    const expected = records.map(({ offset, timestamp, key, value }) => [offset, timestamp, length(key), length(value)])
    expect(seen?.trim().split('\n')).toEqual(expected.map((fields) => fields.join(' ')))
  })

  it('tells committed, aborted and open transactions apart', async () => {
    await createTopic(kafka, { topic: 'transactions' })
    const cases = ['committed:4', 'aborted:4', 'interleaved:6', 'plain:2', 'open:3'] as const
    const produced = await produceCorpus(kafka, { topic: 'transactions', cases })
    const topics = ['transactions']
    const visible = produced.filter(({ fate }) => fate === 'committed' || fate === 'plain').map(withoutFate)
    expect(visible).toHaveLength(4 + 3 + 2)
    expect(await readAllRecords(kafka, { topics })).toEqual(visible)
    expect(await readAllRecords(kafka, { topics, isolation: 'read_uncommitted' })).toEqual(produced.map(withoutFate))
    await produceCorpus(kafka, { topic: 'transactions', cases: ['fence', 'plain:1'] })
    expect(await readAllRecords(kafka, { topics })).toHaveLength(visible.length + 1)
  })

  it('holds what the Java producer refuses to make', async () => {
    await createTopic(kafka, { topic: 'raw' })
    const cases = ['no-timestamp', 'raw-snappy', 'non-utf8-headers'] as const
    expect(await produceRawCorpus(kafka, { topic: 'raw', cases })).toEqual([0n, 3n, 6n])
    const records = await readAllRecords(kafka, { topics: ['raw'] })
    expect(records.slice(0, 3).map(({ timestamp }) => timestamp)).toEqual([-1n, -1n, -1n])
    expect(records.slice(6).map(({ headers }) => headers)).toEqual(Array(3).fill([['fffe0080', '76']]))
    expect((await dumpedBatches(kafka, 'raw')).map(({ codec }) => codec)).toEqual(['none', 'snappy', 'none'])
  })
})

/** As kcat prints it: −1 for null. */
function length(bytes: WitnessBytes): number {
  if (bytes === null) return -1
  return typeof bytes === 'string' ? bytes.length / 2 : bytes.length
}

function withoutFate({ fate: _, ...record }: ProducedRecord): WitnessRecord {
  return record
}

async function dumpedBatches(kafka: TestKafka, topic: string): Promise<readonly { count: number; codec: string }[]> {
  const tools = await javaTools(kafka)
  const log = join(kafka.brokers[0]?.dataDirectory ?? '', `${topic}-0`, '00000000000000000000.log')
  const { stdout } = await tools.tool('DumpLogSegments', ['--files', log])
  return [...stdout.matchAll(/ count: (\d+) .* compresscodec: (\w+)/g)].map(([, count, codec = '']) => ({
    count: Number(count),
    codec,
  }))
}
