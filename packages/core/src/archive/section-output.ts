import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlockDraft } from './block-draft.ts'
import { ChunkQueue, type ChunkQueueOptions } from './chunk-queue.ts'
import type { VouchedBytes } from './commit.ts'
import type { FrameLoan } from './frame-loan.ts'
import { sha256Hex } from './json-object.ts'
import type { BlockEntry, SectionIndex } from './section.ts'
import { writeSectionIndex } from './section-index.ts'
import type { CheckedFrame } from './stored-frame.ts'
import { directDigest, type StreamDigest } from './stream-digest.ts'

export interface SectionOutputOptions {
  readonly maxPendingBlocks: number
  readonly maxPieceBytes: ChunkQueueOptions['maxPieceBytes']
  readonly frames?: FrameLoan | undefined
}

/** A block on its way out. */
export interface OutgoingBlock {
  readonly block: BlockDraft
  /** What it takes in memory until its frame is made. */
  readonly bufferedBytes: number
  readonly frame: Promise<CheckedFrame>
}

interface WrittenBlock {
  readonly block: BlockDraft
  readonly stored: Pick<BlockEntry, 'position' | 'storedLength' | 'crc32c'>
}

/** What vouches for the bytes that came out, and the entries of their blocks. */
export interface FinishedOutput extends VouchedBytes {
  readonly index: VouchedBytes
  readonly blocks: readonly BlockEntry[]
}

/** The way out of a section: frames are made side by side, and leave in order, counted and digested. */
export class SectionOutput {
  readonly chunks: ChunkQueue
  readonly #maxPendingBlocks: number
  readonly #frames: FrameLoan | undefined
  /** What came before the first block, which decides where the digest is made. */
  readonly #head: Buffer[] = []
  #digest: StreamDigest | undefined
  readonly #written: WrittenBlock[] = []
  readonly #buffered = new Map<Uint8Array, number>()
  #length = 0
  #bufferedBytes = 0
  #pendingBlocks = 0
  #tail: Promise<void> = Promise.resolve()
  #isSealed = false
  #failure: { readonly error: unknown } | undefined
  #wake: () => void = () => undefined

  constructor({ maxPendingBlocks, maxPieceBytes, frames }: SectionOutputOptions) {
    this.#frames = frames
    this.#maxPendingBlocks = maxPendingBlocks
    this.chunks = new ChunkQueue({
      maxPieceBytes,
      onTaken: (chunk) => this.#taken(chunk),
      onAbandoned: () => this.fail(abandoned()),
    })
  }

  get length(): number {
    return this.#length
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  assertOpen(): void {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#isSealed) throw new KbackupError('KB_INTERNAL', { message: 'a section was used after it was sealed' })
  }

  /** Sends what stands before all blocks. */
  write(bytes: Buffer): void {
    this.#head.push(bytes)
    this.#send(bytes)
  }

  /** Waits until fewer blocks are under way than may be. */
  async room(): Promise<void> {
    while (this.#pendingBlocks >= this.#maxPendingBlocks) {
      this.assertOpen()
      await this.#change()
    }
    this.assertOpen()
  }

  /** Waits until nothing is under way: everything that was written was taken. */
  async drained(): Promise<void> {
    while (this.#pendingBlocks > 0) {
      this.assertOpen()
      await this.#change()
    }
    this.assertOpen()
  }

  /** Sends a block on its way, behind those that were sent before. */
  writeBlock(outgoing: OutgoingBlock): void {
    this.#pendingBlocks++
    this.#bufferedBytes += outgoing.bufferedBytes
    this.#tail = this.#writeAfter(this.#tail, outgoing)
  }

  /** Writes the index behind everything else. */
  async end(index: Omit<SectionIndex, 'blocks'>): Promise<FinishedOutput> {
    await this.#tail
    const blocks = await Promise.all(this.#written.map(({ block, stored }) => block.entry(stored)))
    const position = this.#length
    const frame = writeSectionIndex({ ...index, blocks }, position)
    const digest = await this.#digested(frame)
    this.assertOpen()
    this.#isSealed = true
    this.#send(frame)
    this.chunks.end()
    const sha256 = await digest.end()
    return {
      position: 0,
      length: this.#length,
      sha256,
      index: { position, length: frame.length, sha256: sha256Hex(frame) },
      blocks,
    }
  }

  fail(error: unknown): void {
    if (this.#failure === undefined) this.#digest?.abandon()
    this.#failure ??= { error }
    this.chunks.fail(this.#failure.error)
    this.#wake()
  }

  async #writeAfter(before: Promise<void>, { block, bufferedBytes, frame }: OutgoingBlock): Promise<void> {
    try {
      const [{ bytes, crc32c }] = await Promise.all([frame, before])
      this.#bufferedBytes += bytes.length - bufferedBytes
      this.#buffered.set(bytes, bytes.length)
      const stored = { position: this.#length, storedLength: bytes.length, crc32c }
      this.#written.push({ block, stored })
      if (this.#failure === undefined) await this.#digested(bytes)
      if (this.#failure === undefined) this.#send(bytes)
    } catch (error) {
      this.fail(error)
    }
  }

  #send(bytes: Buffer): void {
    this.#length += bytes.length
    this.chunks.push(bytes)
  }

  /** Resolves when the bytes are read for the digest: whoever gets them next may give their memory away. */
  async #digested(bytes: Buffer): Promise<StreamDigest> {
    if (this.#digest === undefined) {
      this.#digest = this.#frames?.digestFor(bytes) ?? directDigest()
      await this.#digest.update(Buffer.concat(this.#head))
    }
    // It was abandoned where the section failed meanwhile, and what comes behind would begin it anew.
    if (this.#failure !== undefined) throw this.#failure.error
    await this.#digest.update(bytes)
    return this.#digest
  }

  #taken(chunk: Uint8Array): void {
    const length = this.#buffered.get(chunk)
    if (length === undefined) return
    this.#buffered.delete(chunk)
    this.#bufferedBytes -= length
    this.#pendingBlocks--
    this.#wake()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

function abandoned(): KbackupError {
  return new KbackupError('KB_STORE_FAILED', {
    message: 'the upload stopped reading a section before its end',
    hint: 'the error of the upload says why',
  })
}
