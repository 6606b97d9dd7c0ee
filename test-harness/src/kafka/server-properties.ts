import { type ClusterProtection, listenerSecurity } from './listener-security.ts'

/** The place of a broker: its id and the ports of 127.0.0.1 on which it listens. */
export interface BrokerPlace {
  readonly id: number
  readonly controllerPort: number
  readonly plaintextPort: number
  /** Of the protected listeners, by name. */
  readonly listenerPorts: Readonly<Record<string, number>>
  readonly logDirectory: string
}

/** What all brokers of a cluster share. */
export interface ClusterSettings {
  readonly places: readonly BrokerPlace[]
  readonly protection: ClusterProtection | undefined
  readonly config: Readonly<Record<string, string>>
}

/** The `server.properties` of a broker that is also a controller, so that a majority of any three carries on. */
export function serverProperties(place: BrokerPlace, cluster: ClusterSettings): string {
  const properties = {
    ...roles(place, cluster.places),
    ...listeners(place, cluster.protection),
    ...listenerSecurity(cluster.protection),
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

function listeners(
  { plaintextPort, listenerPorts, controllerPort }: BrokerPlace,
  protection: ClusterProtection | undefined,
): Readonly<Record<string, string>> {
  const ports = Object.entries({ PLAINTEXT: plaintextPort, ...listenerPorts })
  const clients = ports.map(([name, port]) => `${name}://127.0.0.1:${port}`)
  const protocols = (protection?.listeners ?? []).map(({ name, security }) => `${name}:${security.protocol}`)
  return {
    listeners: [...clients, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': clients.join(','),
    'listener.security.protocol.map': ['PLAINTEXT:PLAINTEXT', 'CONTROLLER:PLAINTEXT', ...protocols].join(','),
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
