import { startKafka, type TestKafka } from '../src/index.ts'
import { sayProgress } from '../src/progress-line.ts'
import type { ArchivePlace } from './archive-place.ts'
import { brokerPlatform } from './broker-platform.ts'
import { memoryPlatform } from './memory-platform.ts'
import { PAYMENT_TOPICS, restoredTopic } from './payments.ts'
import type { Platform } from './platform.ts'

/** Where the demo is to be played. */
export interface PlatformOptions {
  /** In memory also where a broker could be had. */
  readonly inMemory: boolean
  readonly directory: string
  readonly archive: ArchivePlace
  readonly signal: AbortSignal
}

/** A real broker, or, where none can be had, the simulated cluster. */
export async function openPlatform({ inMemory, directory, archive, signal }: PlatformOptions): Promise<Platform> {
  const broker = inMemory ? undefined : await brokerIfAny(signal)
  if (broker === undefined && archive.folder === undefined) {
    throw new Error('without a broker the story is kept in a folder: leave --storage out')
  }
  if (broker === undefined) return memoryPlatform(directory, signal)
  const platform = await brokerPlatform(broker, { directory, environment: archive.environment, signal })
  const inTheWay = await topicsInTheWay(platform)
  if (inTheWay.length === 0) return platform
  await platform[Symbol.asyncDispose]()
  throw new Error(`${platform.bootstrapServer} has ${inTheWay.join(', ')} already: delete them, or give another broker`)
}

/** A broker that somebody named and that does not answer is an error; none at all is not. */
async function brokerIfAny(signal: AbortSignal): Promise<TestKafka | undefined> {
  try {
    sayProgress('starting a Kafka broker …')
    return await startKafka({ signal })
  } catch (error) {
    if (signal.aborted || process.env.KBACKUP_TEST_KAFKA) throw error
    sayProgress(`no broker: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

async function topicsInTheWay({ cluster }: Platform): Promise<readonly string[]> {
  const topics = PAYMENT_TOPICS.flatMap((topic) => [topic, restoredTopic(topic)])
  return (await cluster.describeTopics(topics)).map(({ topic }) => topic)
}
