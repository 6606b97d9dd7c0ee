import type { ProtocolReader } from './protocol-reader.ts'
import type { ProtocolWriter } from './protocol-writer.ts'

/** What every response of a version that is spoken here carries. */
export interface Throttled {
  /** For how long the client is to send nothing more over this connection (KIP-219). */
  readonly throttleTimeMs: number
}

/** How one request of the Kafka protocol is written and its response read, over a range of versions. */
export interface RequestCodec<Request, Response extends Throttled> {
  readonly apiKey: number
  readonly apiName: string
  /** The lowest and the highest version that is spoken here, both inclusive. */
  readonly versions: readonly [lowest: number, highest: number]
  /** Whether headers bear tagged fields (KIP-482); all versions spoken of one request agree in this. */
  readonly flexible: boolean
  encode(writer: ProtocolWriter, request: Request, version: number): void
  decode(reader: ProtocolReader, version: number): Response
}
