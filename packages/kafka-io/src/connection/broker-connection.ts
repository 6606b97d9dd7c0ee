import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'

export interface SendOptions {
  readonly signal?: AbortSignal | undefined
  /** How long the answer may take; the connection's own time-out where that is longer. */
  readonly timeoutMs?: number | undefined
  /** Called when the request is on its way: what fails before has not reached the broker. */
  readonly onSent?: (() => void) | undefined
}

/** One connection to one broker: open, authenticated, and aware of the versions that the broker speaks. */
export interface BrokerConnection {
  readonly isOpen: boolean
  /**
   * Sends one request, in the highest version that both sides speak.
   *
   * @throws KbackupError `KB_KAFKA_UNAVAILABLE` where the connection breaks or times out, `KB_KAFKA_UNSUPPORTED` where no
   *   version is shared, `KB_KAFKA_AUTHENTICATION` where credentials are refused anew; or the signal's reason.
   */
  send<Request, Response extends Throttled>(
    codec: RequestCodec<Request, Response>,
    request: Request,
    options?: SendOptions,
  ): Promise<Response>
  /** Breaks the connection at once; what is in flight fails. */
  close(): void
}
