import type { CertificateAuthority } from './certificate-authority.ts'

/** Who runs the brokers: somebody else at a given address, a container engine, or Java on this machine. */
export type KafkaProvider = 'address' | 'container' | 'java'

/** How a listener is protected. */
export type SecurityProtocol = 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT'

/** A user who may connect, by PLAIN and by both SCRAM mechanisms. */
export interface KafkaUser {
  readonly username: string
  readonly password: string
}

/** How clients may prove who they are. `OAUTHBEARER` takes tokens that nobody signed. */
export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER'

/** How one listener is protected. */
export interface ListenerSecurity {
  readonly protocol: SecurityProtocol
  /** For the SASL protocols; PLAIN and both SCRAM mechanisms by default. */
  readonly mechanisms?: readonly SaslMechanism[] | undefined
  /** Set where clients must show a certificate of {@link TestKafka.authority}. */
  readonly clientCertificate?: 'required' | undefined
  readonly brokerCertificate?: 'now' | 'expired' | undefined
}

/** Protection of the listener that {@link TestKafka.bootstrapServers} names, and of further ones. */
export interface KafkaSecurity extends ListenerSecurity {
  /** Needed for PLAIN and SCRAM. Names and passwords are letters, digits, `-`, `_` and `.` only. */
  readonly users?: readonly KafkaUser[] | undefined
  /** By name, in capital letters; {@link TestKafka.listeners} tells where they are. */
  readonly listeners?: Readonly<Record<string, ListenerSecurity>> | undefined
}

/** What {@link startKafka} is to start. */
export interface KafkaOptions {
  readonly brokers?: 1 | 3 | undefined
  /** For example `3.9.1`; `KBACKUP_TEST_KAFKA_VERSION`, else the version this harness was measured with, by default. */
  readonly version?: string | undefined
  /** Added to `server.properties`, and wins over what the harness writes there. */
  readonly config?: Readonly<Record<string, string>> | undefined
  readonly security?: KafkaSecurity | undefined
  /** Lets Java optimise what the brokers run, for benchmarks; tests end before that has paid for itself. */
  readonly isOptimised?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** One broker of a test cluster. */
export interface TestBroker {
  readonly id: number
  /** The port of 127.0.0.1 that clients use. It stays the same over a restart. */
  readonly port: number
  /** The process as it runs now; −1 in a container. */
  readonly pid: number
  /** Where the log folders (`topic-0/00000000000000000000.log`) lie. */
  readonly dataDirectory: string
  /** Resolves when the process has ended; at once for `SIGSTOP` and `SIGCONT`. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Ends the broker in good order: leaders move away first. */
  stop(): Promise<void>
  /** Starts a broker again that was stopped or killed, on the same port and data; resolves when it serves. */
  restart(): Promise<void>
}

/** A running cluster. Use it with `await using`, or call `stop()`. */
export interface TestKafka extends AsyncDisposable {
  /** Host and port of each broker, on the protected listener where `security` was asked for. */
  readonly bootstrapServers: readonly string[]
  /** The same brokers on a listener without protection, for the tools of the tests. */
  readonly plaintextServers: readonly string[]
  readonly version: string
  readonly provider: KafkaProvider
  /** Empty where the brokers belong to somebody else. */
  readonly brokers: readonly TestBroker[]
  /** The folder of the jars of Kafka of this version; undefined where no Java tools can be had. */
  readonly libs: string | undefined
  /** The temporary folder of the cluster; undefined where the brokers belong to somebody else. */
  readonly dataDirectory: string | undefined
  /** Host and port of each broker on each protected listener, by the name of the listener. */
  readonly listeners: Readonly<Record<string, readonly string[]>>
  /** Vouches for the brokers, and for clients; undefined without `security`. */
  readonly authority: CertificateAuthority | undefined
  /** Ends the brokers at once and removes their data. */
  stop(): Promise<void>
}
