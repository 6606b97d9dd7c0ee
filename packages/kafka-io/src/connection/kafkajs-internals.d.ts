/** The parts of kafkajs 2.2.4 beneath its public surface that `kafkajs-connection.ts` builds on, and nothing else does. */

declare module 'kafkajs/src/network/connection.js' {
  import type { Socket } from 'node:net'

  export interface QueuedRequest {
    readonly entry: {
      readonly apiKey: number
      readonly apiName: string
      readonly apiVersion: number
      readonly correlationId: number
      readonly resolve: (response: { readonly payload: Buffer }) => void
      readonly reject: (error: unknown) => void
    }
    readonly expectResponse: boolean
    readonly requestTimeout: number | null
    readonly sendRequest: () => void
  }

  export interface RequestQueue {
    push(request: QueuedRequest): void
    fulfillRequest(response: { readonly correlationId: number; readonly payload: Buffer; readonly size: number }): void
    destroy(): void
  }

  export interface InternalLogger {
    namespace(name: string): InternalLogger
    info(message: string, extra?: object): void
    warn(message: string, extra?: object): void
    error(message: string, extra?: object): void
    debug(message: string, extra?: object): void
  }

  /** What kafkajs tells a socket factory. */
  export interface SocketTarget {
    readonly host: string
    readonly port: number
    readonly ssl: object | boolean | null
    readonly onConnect: () => void
  }

  export interface ConnectionOptions {
    readonly host: string
    readonly port: number
    readonly logger: InternalLogger
    readonly socketFactory: (args: never) => Socket
    readonly clientId: string
    readonly ssl: object | boolean | null
    readonly sasl: object | null
    readonly connectionTimeout: number
    readonly requestTimeout: number
    readonly reauthenticationThreshold: number
  }

  export default class Connection {
    constructor(options: ConnectionOptions)
    readonly requestQueue: RequestQueue
    readonly socket: Socket | undefined
    socketFactory: (target: SocketTarget) => Socket
    connectionStatus: string
    /** In milliseconds, as a 64-bit integer; 0 for a session without end. */
    readonly sessionLifetime: { toString(): string }
    reauthenticationThreshold: number
    connect(): Promise<boolean>
    authenticate(): Promise<void>
    isConnected(): boolean
    isAuthenticated(): boolean
    nextCorrelationId(): number
    processData(data: Buffer): void
    rejectRequests(error: unknown): void
    send(request: object): Promise<unknown>
    setVersions(versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>): void
    setSupportAuthenticationProtocol(isSupported: boolean): void
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { Socket } from 'node:net'

  export default function socketFactory(): (args: never) => Socket
}
