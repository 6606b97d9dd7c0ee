/** Who runs the brokers: somebody else at a given address, a container engine, or Java on this machine. */
export type KafkaProvider = 'address' | 'container' | 'java'

/** How a listener is protected. */
export type SecurityProtocol = 'SSL' | 'SASL_SSL' | 'SASL_PLAINTEXT'

/** A user who may connect, by PLAIN and by both SCRAM mechanisms. */
export interface KafkaUser {
  readonly username: string
  readonly password: string
}

/** Protection of the listener that {@link TestKafka.bootstrapServers} names. */
export interface KafkaSecurity {
  readonly protocol: SecurityProtocol
  /** Needed for the SASL protocols. Names and passwords are letters, digits, `-`, `_` and `.` only. */
  readonly users?: readonly KafkaUser[] | undefined
}

/** What {@link startKafka} is to start. */
export interface KafkaOptions {
  readonly brokers?: 1 | 3 | undefined
  /** For example `3.9.1`; `KBACKUP_TEST_KAFKA_VERSION`, else the version this harness was measured with, by default. */
  readonly version?: string | undefined
  /** Added to `server.properties`, and wins over what the harness writes there. */
  readonly config?: Readonly<Record<string, string>> | undefined
  readonly security?: KafkaSecurity | undefined
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
  /** The certificate authority (PEM) that vouches for the brokers, with SSL and SASL_SSL. */
  readonly certificateAuthority: string | undefined
  /** Ends the brokers at once and removes their data. */
  stop(): Promise<void>
}
