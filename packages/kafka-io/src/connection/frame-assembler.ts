import { KbackupError } from '@kbackup/core'
import { FrameMemory } from './frame-memory.ts'

/** Larger than any answer that is asked for; a size beyond it is not believed. */
const MAX_FRAME_BYTES = 1024 * 1024 * 1024
const SIZE_BYTES = 4
/** As much as a socket is read at a time where no frame is being filled. */
const SCRATCH_BYTES = 64 * 1024
/** How a TLS server answers a client that does not speak TLS: an alert record, `15 03 0x`. */
const TLS_ALERT = { type: 0x15, majorVersion: 0x03 }

/**
 * Cuts a stream of chunks into the size-prefixed frames of the Kafka protocol.
 *
 * A frame inside of one chunk is a slice of it; a larger one is allocated once and filled, so that each byte is copied
 * at most once however many chunks it comes in. Who reads straight into {@link target} spares also that copy.
 *
 * @throws KbackupError `KB_KAFKA_TLS` where the other side speaks TLS, `KB_KAFKA_PROTOCOL` for a size that cannot be.
 */
export class FrameAssembler {
  readonly #onFrame: (frame: Buffer) => void
  readonly #memory: FrameMemory
  readonly #size = Buffer.alloc(SIZE_BYTES)
  #sizeFilled = 0
  #frame: Buffer | undefined
  #frameFilled = 0
  #scratch: Buffer | undefined

  constructor(onFrame: (frame: Buffer) => void, memory = new FrameMemory()) {
    this.#onFrame = onFrame
    this.#memory = memory
  }

  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) rest = this.#frame ? this.#fillFrame(this.#frame, rest) : this.#readSize(rest)
  }

  /** Where the next bytes are best read into; what was read is told to {@link filled}, and then it is another place. */
  get target(): Buffer {
    if (this.#frame !== undefined) return this.#frame.subarray(this.#frameFilled)
    this.#scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES)
    return this.#scratch
  }

  /** So many bytes were read into {@link target}. */
  filled(length: number): void {
    if (this.#frame !== undefined) this.#advance(this.#frame, length)
    else if (this.#scratch !== undefined) this.push(Buffer.from(this.#scratch.subarray(0, length)))
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
    this.#frame = this.#memory.lend(length)
    this.#frameFilled = 0
    return rest
  }

  #fillFrame(frame: Buffer, chunk: Buffer): Buffer {
    const taken = chunk.copy(frame, this.#frameFilled)
    this.#advance(frame, taken)
    return chunk.subarray(taken)
  }

  #advance(frame: Buffer, length: number): void {
    this.#frameFilled += length
    if (this.#frameFilled < frame.length) return
    this.#frame = undefined
    this.#onFrame(frame)
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
