import { keptClasses, SHORT_LIVED } from '../java/java-flags.ts'
import { sayProgress } from '../progress-line.ts'
import { classArchive, recordClasses } from './class-archive.ts'
import { containerRuntime, kafkaImage } from './container-runtime.ts'
import { GIVEN_KAFKA_VARIABLE, givenKafkaServes, useGivenKafka } from './given-kafka.ts'
import { javaRuntime } from './java-runtime.ts'
import { kafkaLibraries } from './kafka-libraries.ts'
import { startLocalKafka } from './local-kafka.ts'
import type { KafkaOptions, TestKafka } from './test-kafka.ts'

/** The version of Kafka with which figures in this repository were measured. */
export const DEFAULT_KAFKA_VERSION = '4.1.0'

/**
 * Starts a real Kafka cluster, or uses one, and says which: the address in `KBACKUP_TEST_KAFKA` (for requests that ask for
 * nothing special), else containers where an engine answers, else Java processes of this machine with jars that Maven
 * fetches.
 *
 * @throws Error that names what to install, when no broker can be had.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<TestKafka> {
  options.signal?.throwIfAborted()
  const startedAtMs = Date.now()
  const kafka = await pick(options)
  sayProgress(
    `Kafka ${kafka.version} by ${kafka.provider} at ${kafka.bootstrapServers} (${Date.now() - startedAtMs} ms)`,
  )
  return kafka
}

async function pick(options: KafkaOptions): Promise<TestKafka> {
  const version = options.version ?? (process.env.KBACKUP_TEST_KAFKA_VERSION || DEFAULT_KAFKA_VERSION)
  if (givenKafkaServes(options))
    return useGivenKafka(version, await toolsIfAny(version, options.signal), options.signal)
  if (process.env[GIVEN_KAFKA_VARIABLE]) {
    sayProgress(`${GIVEN_KAFKA_VARIABLE} cannot serve brokers of a special configuration: starting some here`)
  }
  return startHere({ ...options, version })
}

async function startHere(options: KafkaOptions & { readonly version: string }): Promise<TestKafka> {
  const { version, signal } = options
  const image = await kafkaImage(version, signal)
  if (image === undefined) {
    const libs = await kafkaLibraries(version, signal)
    if (version === DEFAULT_KAFKA_VERSION) await recordClasses({ libs, version, signal })
    const flags = [...compilerFlags(options), ...keptClasses(classArchive(libs))]
    return startLocalKafka({ ...options, libs, runtime: () => javaRuntime(libs, flags) })
  }
  const libs = await toolsIfAny(version, signal)
  const flags = compilerFlags(options)
  return startLocalKafka({ ...options, libs, runtime: (directory) => containerRuntime(image, directory, flags) })
}

function compilerFlags({ isOptimised = false }: KafkaOptions): readonly string[] {
  return isOptimised ? [] : SHORT_LIVED
}

async function toolsIfAny(version: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    return await kafkaLibraries(version, signal)
  } catch (error) {
    signal?.throwIfAborted()
    sayProgress(`no Java tools: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}
