import { createHash, type Hash } from 'node:crypto'
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
  readonly #hash: Hash
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  /** Of the same memory; it writes a bigint without an object in between. */
  readonly #heads = new DataView(this.#chunk.buffer)
  #length = 0

  constructor(hash: Hash = createHash('sha256')) {
    this.#hash = hash
  }

  /** Another digest, over the same records so far. */
  copy(): RecordDigest {
    this.#flush()
    return new RecordDigest(this.#hash.copy())
  }

  add({ payload, bodyStart, bodyEnd }: RecordCursor, timestamp: bigint): void {
    const bodyBytes = bodyEnd - bodyStart
    if (this.#length + HEAD_BYTES + bodyBytes > CHUNK_BYTES) this.#flush()
    this.#heads.setBigInt64(this.#length, timestamp)
    this.#heads.setUint32(this.#length + 8, bodyBytes)
    this.#length += HEAD_BYTES
    const body = new Uint8Array(payload.buffer, payload.byteOffset + bodyStart, bodyBytes)
    if (bodyBytes > CHUNK_BYTES - HEAD_BYTES) {
      this.#flush()
      this.#hash.update(body)
    } else {
      this.#chunk.set(body, this.#length)
      this.#length += bodyBytes
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
