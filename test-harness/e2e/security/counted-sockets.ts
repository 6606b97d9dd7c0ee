import net from 'node:net'
import tls from 'node:tls'
import type { KafkaOptions } from '@kbackup/kafka-io'

/** A factory of sockets that counts those it has made. */
export function countedSockets(): {
  readonly made: () => number
  readonly socketFactory: NonNullable<KafkaOptions['socketFactory']>
} {
  let count = 0
  return {
    made: () => count,
    socketFactory: ({ host, port, ssl, onConnect }) => {
      count += 1
      return ssl ? tls.connect({ host, port, ...ssl }, onConnect) : net.connect({ host, port }, onConnect)
    },
  }
}
