/// <reference path="./kafkajs-internals.d.ts" />
import type { Socket } from 'node:net'
import KafkajsInternalConnection, { type InternalLogger, type SocketTarget } from 'kafkajs/src/network/connection.js'
import defaultSocketFactory from 'kafkajs/src/network/socketFactory.js'
import { ProtocolWriter } from '../protocol/protocol-writer.ts'
import type { VersionRange } from '../requests/api-versions.ts'
import type { BrokerAddress } from './broker-address.ts'
import type { ConnectionSettings } from './connection-settings.ts'
import { FrameAssembler } from './frame-assembler.ts'
import { readingSocket } from './reading-socket.ts'

/** kafkajs logs what it also throws; the SDK prints nothing. */
const SILENT: InternalLogger = { namespace: () => SILENT, info() {}, warn() {}, error() {}, debug() {} }

/** Of the life of a session. */
const LAST_PART = 0.2

/** One request, ready but for its header. */
export interface OutgoingRequest {
  readonly apiKey: number
  readonly apiName: string
  readonly apiVersion: number
  readonly flexible: boolean
  readonly body: ProtocolWriter
  readonly timeoutMs: number
}

/**
 * The connection of kafkajs (socket, TLS, SASL with re-authentication, time-outs), with the data path replaced: its own
 * copies every response once a chunk and every request three times.
 */
export class KafkajsConnection extends KafkajsInternalConnection {
  readonly #clientId: string
  readonly #thresholdMs: number
  readonly #assembler: FrameAssembler
  /** What the last request of an authentication failed with; kafkajs itself keeps only the text of it. */
  authenticationFailure: unknown

  constructor(address: BrokerAddress, settings: ConnectionSettings) {
    super({
      ...address,
      logger: SILENT,
      socketFactory: settings.socketFactory ?? defaultSocketFactory(),
      clientId: settings.clientId,
      ssl: settings.tls(),
      sasl: settings.sasl,
      connectionTimeout: settings.connectionTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      reauthenticationThreshold: settings.reauthenticationThresholdMs,
    })
    if (settings.socketFactory === undefined) this.socketFactory = (target) => this.#readingSocket(target)
    this.#assembler = new FrameAssembler((frame) => this.#onFrame(frame), settings.frames)
    this.#clientId = settings.clientId
    this.#thresholdMs = settings.reauthenticationThresholdMs
  }

  /** kafkajs asks for these to choose the versions of its SASL requests. */
  useVersions(ranges: ReadonlyMap<number, VersionRange>): void {
    this.setVersions(Object.fromEntries(ranges))
    this.setSupportAuthenticationProtocol(true)
  }

  /** What comes over a socket of somebody else's making. */
  override processData(data: Buffer): void {
    this.#assemble((assembler) => assembler.push(data))
  }

  /** Only kafkajs calls this, to authenticate. */
  override async send(request: object): Promise<unknown> {
    try {
      return await super.send(request)
    } catch (error) {
      this.authenticationFailure = error
      throw error
    }
  }

  /**
   * A session is renewed only while its last part runs: kafkajs would renew one shorter than its threshold with every
   * request, and brokers refuse to do so within a second.
   */
  override async authenticate(): Promise<void> {
    await super.authenticate()
    const lifetimeMs = Number(this.sessionLifetime.toString())
    if (lifetimeMs > 0) this.reauthenticationThreshold = Math.min(this.#thresholdMs, lifetimeMs * LAST_PART)
  }

  exchange(request: OutgoingRequest): Promise<Buffer> {
    const { apiKey, apiName, apiVersion, timeoutMs } = request
    const correlationId = this.nextCorrelationId()
    return new Promise((resolve, reject) => {
      this.requestQueue.push({
        entry: { apiKey, apiName, apiVersion, correlationId, resolve: ({ payload }) => resolve(payload), reject },
        expectResponse: true,
        requestTimeout: timeoutMs,
        sendRequest: () => this.#write(request, correlationId),
      })
    })
  }

  /** Unlike `disconnect`, waits for nothing. */
  destroy(error: unknown): void {
    this.connectionStatus = 'disconnected'
    this.requestQueue.destroy()
    this.rejectRequests(error)
    this.socket?.destroy()
  }

  #readingSocket(target: SocketTarget): Socket {
    return readingSocket(target, {
      buffer: () => this.#assembler.target,
      onRead: (length) => this.#assemble((assembler) => assembler.filled(length)),
    })
  }

  #assemble(take: (assembler: FrameAssembler) => void): void {
    try {
      take(this.#assembler)
    } catch (error) {
      this.destroy(error)
    }
  }

  #write({ apiKey, apiVersion, flexible, body }: OutgoingRequest, correlationId: number): void {
    const header = new ProtocolWriter().int16(apiKey).int16(apiVersion).int32(correlationId).string(this.#clientId)
    if (flexible) header.noTags()
    const size = new ProtocolWriter().int32(header.byteLength + body.byteLength)
    this.socket?.cork()
    for (const chunk of [...size.chunks(), ...header.chunks(), ...body.chunks()]) this.socket?.write(chunk)
    this.socket?.uncork()
  }

  #onFrame(frame: Buffer): void {
    const correlationId = frame.readInt32BE(0)
    this.requestQueue.fulfillRequest({ correlationId, payload: frame.subarray(4), size: frame.length })
  }
}
