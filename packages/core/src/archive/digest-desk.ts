import { ByteBudget } from '../memory/byte-budget.ts'

const DESK_BYTES = 128 * 1024

/** A little memory that is shared with a thread, where bytes from elsewhere are laid for it, one piece after the other. */
export class DigestDesk {
  readonly #turn = new ByteBudget(1)
  #memory: Buffer | undefined

  /** Has all the bytes read as they lie on the desk; resolves when the last piece was. */
  async pass(bytes: Uint8Array, read: (piece: Uint8Array) => Promise<void>): Promise<void> {
    const turn = await this.#turn.acquire(1)
    try {
      this.#memory ??= Buffer.from(new SharedArrayBuffer(DESK_BYTES))
      for (let at = 0; at < bytes.length; at += DESK_BYTES) {
        const piece = bytes.subarray(at, at + DESK_BYTES)
        await read(this.#memory.fill(piece, 0, piece.length).subarray(0, piece.length))
      }
    } finally {
      turn.release()
    }
  }
}
