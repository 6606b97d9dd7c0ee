import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../network/free-ports.ts'
import { guardWithParent } from '../process/parent-guard.ts'
import { runCommand } from '../process/run-command.ts'
import { waitForBrokers } from './cluster-membership.ts'
import { kafkaLibraries } from './kafka-libraries.ts'
import { createTlsMaterial, scramArguments, usesTls } from './listener-security.ts'
import { LocalBroker } from './local-broker.ts'
import { type BrokerPlace, type ClusterSettings, serverProperties } from './server-properties.ts'
import type { KafkaOptions, TestKafka } from './test-kafka.ts'

/** Options with everything settled that a local cluster needs. */
export type LocalKafkaOptions = KafkaOptions & { readonly version: string }

/** Starts brokers as Java processes of this machine, with the jars that Maven fetches. */
export async function startLocalKafka(options: LocalKafkaOptions): Promise<TestKafka> {
  const libs = await kafkaLibraries(options.version, options.signal)
  const directory = await mkdtemp(join(tmpdir(), 'kbackup-kafka-'))
  const release = guardWithParent({ remove: directory })
  const brokers: LocalBroker[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.kill('SIGKILL')))
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    release()
  }
  try {
    const cluster = await clusterSettings(directory, options)
    brokers.push(...(await formatBrokers({ directory, libs, cluster, signal: options.signal })))
    await Promise.all(brokers.map((broker) => broker.start(options.signal)))
    const plaintextServers = cluster.places.map(({ plaintextPort }) => `127.0.0.1:${plaintextPort}`)
    await waitForBrokers(plaintextServers, brokers.length, options.signal)
    return {
      bootstrapServers: brokers.map(({ port }) => `127.0.0.1:${port}`),
      plaintextServers,
      version: options.version,
      provider: 'java',
      brokers,
      libs,
      dataDirectory: directory,
      certificateAuthority: cluster.tls?.certificateAuthority,
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function clusterSettings(directory: string, options: KafkaOptions): Promise<ClusterSettings> {
  const { security, config = {}, brokers = 1, signal } = options
  const ports = await freePorts(brokers * 3)
  return {
    places: Array.from({ length: brokers }, (_, index) => brokerPlace(directory, ports.slice(index * 3), index + 1)),
    security,
    tls: usesTls(security) ? await createTlsMaterial(directory, signal) : undefined,
    config,
  }

  function brokerPlace(parent: string, [controller = 0, plaintext = 0, secured = 0]: readonly number[], id: number) {
    return {
      id,
      controllerPort: controller,
      plaintextPort: plaintext,
      securedPort: security === undefined ? undefined : secured,
      logDirectory: join(parent, `broker-${id}`, 'data'),
    } satisfies BrokerPlace
  }
}

interface FormatOptions {
  readonly directory: string
  readonly libs: string
  readonly cluster: ClusterSettings
  readonly signal: AbortSignal | undefined
}

/** Writes each broker's properties and formats its storage with the cluster's one id. */
async function formatBrokers({ directory, libs, cluster, signal }: FormatOptions): Promise<readonly LocalBroker[]> {
  const clusterId = randomBytes(16).toString('base64url')
  const heapMiB = cluster.places.length === 1 ? 1024 : 512
  const tool = ['-XX:TieredStopAtLevel=1', '-cp', join(libs, '*'), 'kafka.tools.StorageTool', 'format', '-t', clusterId]
  return Promise.all(
    cluster.places.map(async (place) => {
      const home = join(directory, `broker-${place.id}`)
      const properties = join(home, 'server.properties')
      await mkdir(home, { recursive: true })
      await writeFile(properties, serverProperties(place, cluster))
      await runCommand('java', [...tool, '-c', properties, ...scramArguments(cluster.security)], { signal })
      return new LocalBroker({ place, libs, directory: home, heapMiB })
    }),
  )
}
