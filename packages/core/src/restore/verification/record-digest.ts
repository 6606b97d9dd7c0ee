import { createHash } from 'node:crypto'
import type { RecordCursor } from '../../batch/record-cursor.ts'

const CHUNK_BYTES = 64 * 1024
const HEAD_BYTES = 12

/**
 * SHA-256 over records in their order, each as
 *
 * ```
 * timestamp        length of the body   body: key, value and headers as the record format has them (KIP-98)
 * 8 bytes          4 bytes              …
 * ```
 *
 * It depends on the records alone: not on how they are batched, compressed or numbered.
 */
export class RecordDigest {
  readonly #hash = createHash('sha256')
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES)
  #length = 0

  add({ payload, bodyStart, bodyEnd }: RecordCursor, timestamp: bigint): void {
    const bodyBytes = bodyEnd - bodyStart
    if (this.#length + HEAD_BYTES + bodyBytes > CHUNK_BYTES) this.#flush()
    this.#chunk.writeBigInt64BE(timestamp, this.#length)
    this.#chunk.writeUInt32BE(bodyBytes, this.#length + 8)
    this.#length += HEAD_BYTES
    if (bodyBytes > CHUNK_BYTES - HEAD_BYTES) {
      this.#flush()
      this.#hash.update(payload.subarray(bodyStart, bodyEnd))
    } else {
      this.#length += payload.copy(this.#chunk, this.#length, bodyStart, bodyEnd)
    }
  }

  /** 64 lower-case hexadecimal digits; nothing can be added any more. */
  finish(): string {
    this.#flush()
    return this.#hash.digest('hex')
  }

  #flush(): void {
    this.#hash.update(this.#chunk.subarray(0, this.#length))
    this.#length = 0
  }
}
