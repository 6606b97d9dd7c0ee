import { createHash } from 'node:crypto'

/** The SHA-256 of bytes that come piece by piece. */
export interface StreamDigest {
  /** Takes the next piece in, which must stay as it is until this resolves. */
  update(bytes: Uint8Array): Promise<void> | void
  /** Lower-case hexadecimal digits; nothing can be added afterwards. */
  end(): Promise<string> | string
  /** Instead of {@link end}, where nobody wants to know it. */
  abandon(): void
}

/** A digest that is made at once, on the thread of the caller. */
export function directDigest(): StreamDigest {
  const hash = createHash('sha256')
  return {
    update: (bytes) => void hash.update(bytes),
    end: () => hash.digest('hex'),
    abandon: () => undefined,
  }
}
