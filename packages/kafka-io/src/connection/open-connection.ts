import { KbackupError, onAbort, pause } from '@kbackup/core'
import { knownError } from '../protocol/protocol-errors.ts'
import { ProtocolReader } from '../protocol/protocol-reader.ts'
import { ProtocolWriter } from '../protocol/protocol-writer.ts'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { apiVersionsCodec, type VersionRange } from '../requests/api-versions.ts'
import { abortable, withDeadline } from './abortable.ts'
import { addressName, type BrokerAddress } from './broker-address.ts'
import type { BrokerConnection, SendOptions } from './broker-connection.ts'
import { authenticationError, connectionError, type FailurePlace } from './connection-errors.ts'
import type { ConnectionSettings } from './connection-settings.ts'
import { KafkajsConnection } from './kafkajs-connection.ts'
import { sharedVersion } from './shared-version.ts'

/**
 * Connects, learns the broker's versions, authenticates. A signal that is aborted meanwhile closes it at once: a broker that
 * never answers would else keep the process alive until its time is up.
 *
 * @throws KbackupError `KB_KAFKA_UNAVAILABLE`, `KB_KAFKA_TLS`, `KB_KAFKA_AUTHENTICATION`.
 */
export async function openConnection(
  address: BrokerAddress,
  settings: ConnectionSettings,
  signal: AbortSignal,
): Promise<BrokerConnection> {
  signal.throwIfAborted()
  const connection = new OpenConnection(address, settings)
  const withdraw = onAbort(signal, () => connection.close())
  try {
    await connection.open()
    return connection
  } catch (error) {
    connection.close()
    throw error
  } finally {
    withdraw()
  }
}

class OpenConnection implements BrokerConnection {
  readonly #connection: KafkajsConnection
  readonly #settings: ConnectionSettings
  readonly #place: FailurePlace
  #ranges: ReadonlyMap<number, VersionRange> = new Map([[apiVersionsCodec.apiKey, { minVersion: 0, maxVersion: 0 }]])
  #throttledUntilMs = 0

  constructor(address: BrokerAddress, settings: ConnectionSettings) {
    this.#connection = new KafkajsConnection(address, settings)
    this.#settings = settings
    this.#place = { broker: addressName(address), saslMechanism: settings.sasl?.mechanism.toUpperCase() }
  }

  get isOpen(): boolean {
    return this.#connection.isConnected()
  }

  async open(): Promise<void> {
    await this.#explained(this.#inTime(this.#connection.connect(), this.#settings.connectionTimeoutMs))
    const { errorCode, ranges } = await this.#exchange(apiVersionsCodec, null, {})
    if (errorCode !== 0) throw this.#refusedVersions(errorCode)
    this.#ranges = ranges
    this.#connection.useVersions(ranges)
    await this.#authenticate({ isFirst: true })
  }

  async send<Request, Response extends Throttled>(
    codec: RequestCodec<Request, Response>,
    request: Request,
    options: SendOptions = {},
  ): Promise<Response> {
    options.signal?.throwIfAborted()
    const throttledMs = this.#throttledUntilMs - Date.now()
    if (throttledMs > 0) await pause(throttledMs, options.signal)
    // Last of all: between the two requests of an authentication a broker takes no other.
    await abortable(this.#authenticate(), options.signal)
    return abortable(this.#exchange(codec, request, options), options.signal)
  }

  close(): void {
    this.#connection.destroy(this.#closedError())
  }

  /**
   * Anew where the session nears its end (KIP-368); otherwise this does nothing. Then it waits behind what is in flight.
   */
  async #authenticate({ isFirst = false } = {}): Promise<void> {
    if (!this.#settings.sasl || this.#connection.isAuthenticated()) return
    const { authenticationTimeoutMs, requestTimeoutMs } = this.#settings
    this.#connection.authenticationFailure = undefined
    try {
      const limitMs = isFirst ? authenticationTimeoutMs : authenticationTimeoutMs + requestTimeoutMs
      await this.#inTime(this.#connection.authenticate(), limitMs)
    } catch (error) {
      const late = KbackupError.is(error) ? error : undefined
      const failure = late ?? authenticationError(this.#connection.authenticationFailure, this.#place)
      this.#connection.destroy(failure)
      throw failure
    }
  }

  async #exchange<Request, Response extends Throttled>(
    codec: RequestCodec<Request, Response>,
    request: Request,
    { timeoutMs, onSent }: SendOptions,
  ): Promise<Response> {
    const { apiKey, apiName, flexible } = codec
    const apiVersion = sharedVersion(codec, this.#ranges.get(apiKey), this.#place.broker)
    const body = new ProtocolWriter()
    codec.encode(body, request, apiVersion)
    if (!this.isOpen) throw this.#closedError()
    const answer = this.#connection.exchange({ apiKey, apiName, apiVersion, flexible, body, timeoutMs: timeoutMs ?? 0 })
    onSent?.()
    const response = decodeResponse(codec, await this.#explained(answer), apiVersion)
    this.#throttledUntilMs = Math.max(this.#throttledUntilMs, Date.now() + response.throttleTimeMs)
    return response
  }

  /** After a failure the connection is not used again: nothing is known of what may still come over it. */
  async #explained<Value>(promise: Promise<Value>): Promise<Value> {
    try {
      return await promise
    } catch (error) {
      const explained = connectionError(error, this.#place)
      this.#connection.destroy(explained)
      throw explained
    }
  }

  /** kafkajs leaves some attempts without an answer, so that each has an end of its own here. */
  #inTime<Value>(promise: Promise<Value>, limitMs: number): Promise<Value> {
    return withDeadline(promise, limitMs, () => this.#unavailable(`gave no answer within ${limitMs} ms`))
  }

  #closedError(): KbackupError {
    return this.#unavailable('is closed')
  }

  #unavailable(what: string): KbackupError {
    const { broker } = this.#place
    return new KbackupError('KB_KAFKA_UNAVAILABLE', {
      message: `the connection to ${broker} ${what}`,
      hint: 'check that the broker runs and that its advertised address can be reached from here',
      details: { broker },
    })
  }

  #refusedVersions(code: number): KbackupError {
    const { name } = knownError(code)
    return new KbackupError('KB_KAFKA_PROTOCOL', {
      message: `${this.#place.broker} does not tell its versions: ${name}`,
      hint: 'check that the address is a Kafka broker',
      details: { broker: this.#place.broker, code },
    })
  }
}

function decodeResponse<Request, Response extends Throttled>(
  codec: RequestCodec<Request, Response>,
  payload: Buffer,
  version: number,
): Response {
  const reader = new ProtocolReader(payload)
  if (codec.flexible) reader.skipTags()
  return codec.decode(reader, version)
}
