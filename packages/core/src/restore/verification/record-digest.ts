import { createHash, type Hash } from 'node:crypto'
import type { RecordCursor } from '../../batch/record-cursor.ts'

/** What a digest gathers before it hashes. */
export const DIGEST_CHUNK_BYTES = 64 * 1024
const HEAD_BYTES = 12

interface DigestParts {
  readonly hash?: Hash
  readonly chunk?: Buffer
}

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
  readonly #chunk: Buffer
  /** Of the same memory; it writes a bigint without an object in between. */
  readonly #heads: DataView
  #length = 0

  /** @param options.chunk memory of `DIGEST_CHUNK_BYTES` that others may use too, between calls of {@link addAll} */
  constructor({ hash = createHash('sha256'), chunk = Buffer.allocUnsafeSlow(DIGEST_CHUNK_BYTES) }: DigestParts = {}) {
    this.#hash = hash
    this.#chunk = chunk
    this.#heads = new DataView(chunk.buffer, chunk.byteOffset, chunk.length)
  }

  /** Another digest, over the same records so far. */
  copy(): RecordDigest {
    this.#flush()
    return new RecordDigest({ hash: this.#hash.copy() })
  }

  add({ payload, bodyStart, bodyEnd }: RecordCursor, timestamp: bigint): void {
    const bodyBytes = bodyEnd - bodyStart
    if (this.#length + HEAD_BYTES + bodyBytes > DIGEST_CHUNK_BYTES) this.#flush()
    this.#heads.setBigInt64(this.#length, timestamp)
    this.#heads.setUint32(this.#length + 8, bodyBytes)
    this.#length += HEAD_BYTES
    const body = new Uint8Array(payload.buffer, payload.byteOffset + bodyStart, bodyBytes)
    if (bodyBytes > DIGEST_CHUNK_BYTES - HEAD_BYTES) {
      this.#flush()
      this.#hash.update(body)
    } else {
      this.#chunk.set(body, this.#length)
      this.#length += bodyBytes
    }
  }

  /** Adds the records that a cursor has before it; nothing waits in the chunk then. */
  addAll(records: RecordCursor): void {
    while (records.next()) this.add(records, records.timestamp)
    this.#flush()
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
