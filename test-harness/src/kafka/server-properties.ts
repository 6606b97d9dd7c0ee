import { listenerSecurity, type TlsMaterial } from './listener-security.ts'
import type { KafkaSecurity } from './test-kafka.ts'

/** The place of a broker: its id and the ports of 127.0.0.1 on which it listens. */
export interface BrokerPlace {
  readonly id: number
  readonly controllerPort: number
  readonly plaintextPort: number
  /** The protected listener, where one was asked for. */
  readonly securedPort: number | undefined
  readonly logDirectory: string
}

/** What all brokers of a cluster share. */
export interface ClusterSettings {
  readonly places: readonly BrokerPlace[]
  readonly security: KafkaSecurity | undefined
  readonly tls: TlsMaterial | undefined
  readonly config: Readonly<Record<string, string>>
}

/** The `server.properties` of a broker that is also a controller, so that a majority of any three carries on. */
export function serverProperties(place: BrokerPlace, cluster: ClusterSettings): string {
  const properties = {
    ...roles(place, cluster.places),
    ...listeners(place, cluster.security),
    ...listenerSecurity(cluster.security, cluster.tls),
    ...internalTopics(cluster.places.length),
    'log.dirs': place.logDirectory,
    ...cluster.config,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('')
}

function roles(place: BrokerPlace, places: readonly BrokerPlace[]): Readonly<Record<string, string>> {
  return {
    'process.roles': 'broker,controller',
    'node.id': String(place.id),
    'controller.quorum.voters': places.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
  }
}

function listeners(place: BrokerPlace, security: KafkaSecurity | undefined): Readonly<Record<string, string>> {
  const plaintext = `PLAINTEXT://127.0.0.1:${place.plaintextPort}`
  const secured = place.securedPort === undefined ? '' : `,SECURED://127.0.0.1:${place.securedPort}`
  return {
    listeners: `${plaintext}${secured},CONTROLLER://127.0.0.1:${place.controllerPort}`,
    'advertised.listeners': `${plaintext}${secured}`,
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:${security?.protocol ?? 'PLAINTEXT'}`,
  }
}

/** Small internal topics: fifty partitions each would cost seconds at the first group and at every restart. */
function internalTopics(brokers: number): Readonly<Record<string, string>> {
  const replicas = String(brokers)
  return {
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '8',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.num.partitions': '8',
    'transaction.state.log.min.isr': brokers === 1 ? '1' : '2',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': brokers === 1 ? '1' : '2',
    'group.initial.rebalance.delay.ms': '0',
  }
}
