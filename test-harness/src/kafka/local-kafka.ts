import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../network/free-ports.ts'
import { guardWithParent } from '../process/parent-guard.ts'
import type { BrokerRuntime } from './broker-runtime.ts'
import { CertificateAuthority } from './certificate-authority.ts'
import { randomClusterId } from './cluster-id.ts'
import { waitForBrokers } from './cluster-membership.ts'
import { type ClusterProtection, clusterProtection, scramArguments } from './listener-security.ts'
import { LocalBroker } from './local-broker.ts'
import { type BrokerPlace, type ClusterSettings, serverProperties } from './server-properties.ts'
import type { KafkaOptions, TestKafka } from './test-kafka.ts'

/** A cluster to start on this machine. */
export interface LocalKafkaOptions extends KafkaOptions {
  readonly version: string
  /** For the Java tools of the tests. */
  readonly libs: string | undefined
  /** Gives what runs the brokers, for the folder that they share with it. */
  readonly runtime: (directory: string) => BrokerRuntime
}

interface Ground {
  readonly directory: string
  readonly runtime: BrokerRuntime
  readonly signal: AbortSignal | undefined
}

/** Starts brokers on this machine, as processes or in containers. */
export async function startLocalKafka(options: LocalKafkaOptions): Promise<TestKafka> {
  const directory = await mkdtemp(join(tmpdir(), 'kbackup-kafka-'))
  const release = guardWithParent({ remove: directory })
  const brokers: LocalBroker[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.kill('SIGKILL')))
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    release()
  }
  try {
    const ground = { directory, runtime: options.runtime(directory), signal: options.signal }
    const settings = await clusterSettings(ground, options)
    brokers.push(...(await formatBrokers(ground, settings)))
    await Promise.all(brokers.map((broker) => broker.start(options.signal)))
    const plaintextServers = settings.places.map(({ plaintextPort }) => `127.0.0.1:${plaintextPort}`)
    await waitForBrokers(plaintextServers, brokers.length, options.signal)
    return {
      bootstrapServers: brokers.map(({ port }) => `127.0.0.1:${port}`),
      plaintextServers,
      version: options.version,
      provider: ground.runtime.provider,
      brokers,
      libs: options.libs,
      dataDirectory: directory,
      listeners: listenerServers(settings),
      authority: settings.protection?.authority,
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function clusterSettings(ground: Ground, options: KafkaOptions): Promise<ClusterSettings> {
  const { security, config = {}, brokers = 1 } = options
  const authority = security === undefined ? undefined : await CertificateAuthority.create()
  const protection = await clusterProtection(security, authority)
  const names = listenerNames(protection)
  const portsEach = 2 + names.length
  const ports = await freePorts(brokers * portsEach)
  const places = Array.from({ length: brokers }, (_, index): BrokerPlace => {
    const [controllerPort = 0, plaintextPort = 0, ...others] = ports.slice(index * portsEach)
    const listenerPorts = Object.fromEntries(names.map((name, position) => [name, others[position] ?? 0]))
    const logDirectory = join(brokerDirectory(ground, index + 1), 'data')
    return { id: index + 1, controllerPort, plaintextPort, listenerPorts, logDirectory }
  })
  return { places, protection, config }
}

function listenerNames(protection: ClusterProtection | undefined): readonly string[] {
  return protection?.listeners.map(({ name }) => name) ?? []
}

function listenerServers({ places, protection }: ClusterSettings): TestKafka['listeners'] {
  const serversOf = (name: string) => places.map(({ listenerPorts }) => `127.0.0.1:${listenerPorts[name]}`)
  return Object.fromEntries(listenerNames(protection).map((name) => [name, serversOf(name)]))
}

/** Writes each broker's properties and formats its storage with the cluster's one id. */
async function formatBrokers(ground: Ground, settings: ClusterSettings): Promise<readonly LocalBroker[]> {
  const clusterId = randomClusterId()
  const heapMiB = settings.places.length === 1 ? 1024 : 512
  return Promise.all(
    settings.places.map(async (place) => {
      const directory = brokerDirectory(ground, place.id)
      const properties = join(directory, 'server.properties')
      await mkdir(directory, { recursive: true })
      await writeFile(properties, serverProperties(place, settings))
      const format = ['format', '-t', clusterId, '-c', properties, ...scramArguments(settings.protection)]
      await ground.runtime.storageTool(format, ground.signal)
      return new LocalBroker({ place, runtime: ground.runtime, directory, heapMiB })
    }),
  )
}

function brokerDirectory({ directory }: Ground, id: number): string {
  return join(directory, `broker-${id}`)
}
