import { KbackupError } from '@kbackup/core'

/** Larger than any answer that is asked for; a size beyond it is not believed. */
const MAX_FRAME_BYTES = 1024 * 1024 * 1024
const SIZE_BYTES = 4
/** How a TLS server answers a client that does not speak TLS: an alert record, `15 03 0x`. */
const TLS_ALERT = { type: 0x15, majorVersion: 0x03 }

/**
 * Cuts a stream of chunks into the size-prefixed frames of the Kafka protocol.
 *
 * A frame inside of one chunk is a slice of it; a larger one is allocated once and filled, so that each byte is copied
 * at most once however many chunks it comes in.
 *
 * @throws KbackupError `KB_KAFKA_TLS` where the other side speaks TLS, `KB_KAFKA_PROTOCOL` for a size that cannot be.
 */
export class FrameAssembler {
  readonly #onFrame: (frame: Buffer) => void
  readonly #size = Buffer.alloc(SIZE_BYTES)
  #sizeFilled = 0
  #frame: Buffer | undefined
  #frameFilled = 0

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame
  }

  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) rest = this.#frame ? this.#fillFrame(this.#frame, rest) : this.#readSize(rest)
  }

  #readSize(chunk: Buffer): Buffer {
    const taken = chunk.copy(this.#size, this.#sizeFilled)
    this.#sizeFilled += taken
    const rest = chunk.subarray(taken)
    if (this.#sizeFilled < SIZE_BYTES) return rest
    this.#sizeFilled = 0
    return this.#begin(frameLength(this.#size), rest)
  }

  #begin(length: number, rest: Buffer): Buffer {
    if (rest.length >= length) {
      this.#onFrame(rest.subarray(0, length))
      return rest.subarray(length)
    }
    this.#frame = Buffer.allocUnsafeSlow(length)
    this.#frameFilled = 0
    return rest
  }

  #fillFrame(frame: Buffer, chunk: Buffer): Buffer {
    const taken = chunk.copy(frame, this.#frameFilled)
    this.#frameFilled += taken
    if (this.#frameFilled === frame.length) {
      this.#frame = undefined
      this.#onFrame(frame)
    }
    return chunk.subarray(taken)
  }
}

function frameLength(size: Buffer): number {
  if (size[0] === TLS_ALERT.type && size[1] === TLS_ALERT.majorVersion) {
    throw new KbackupError('KB_KAFKA_TLS', {
      message: 'the listener speaks TLS, the connection does not',
      hint: 'set `ssl` (in YAML: `security_protocol: SSL` or `SASL_SSL`)',
    })
  }
  const length = size.readInt32BE(0)
  if (length < SIZE_BYTES || length > MAX_FRAME_BYTES) {
    throw new KbackupError('KB_KAFKA_PROTOCOL', {
      message: `an answer states a size of ${length} bytes`,
      hint: 'check that the address is a Kafka broker',
    })
  }
  return length
}
