import { waitForBrokers } from './cluster-membership.ts'
import type { KafkaOptions, TestKafka } from './test-kafka.ts'

/** Environment variable with the host:port pairs, comma separated, of a cluster that somebody else runs. */
export const GIVEN_KAFKA_VARIABLE = 'KBACKUP_TEST_KAFKA'

/** Whether a cluster that somebody else runs can serve: it can be neither configured, nor killed, nor multiplied. */
export function givenKafkaServes(options: KafkaOptions): boolean {
  const ordinary = options.config === undefined && options.security === undefined && options.brokers !== 3
  return ordinary && options.version === undefined && Boolean(process.env[GIVEN_KAFKA_VARIABLE])
}

/** The cluster whose address the environment gives. */
export async function useGivenKafka(
  version: string,
  libs: string | undefined,
  signal?: AbortSignal,
): Promise<TestKafka> {
  const servers = (process.env[GIVEN_KAFKA_VARIABLE] ?? '').split(',').map((server) => server.trim())
  await waitForBrokers(servers, 1, signal)
  const stop = async (): Promise<void> => undefined
  return {
    bootstrapServers: servers,
    plaintextServers: servers,
    version,
    provider: 'address',
    brokers: [],
    libs,
    dataDirectory: undefined,
    listeners: {},
    authority: undefined,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
