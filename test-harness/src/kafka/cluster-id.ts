import { randomBytes } from 'node:crypto'

/**
 * Sixteen random bytes in the base64 of URLs; the first bit is 0, because tools take an id that begins with `-` for an
 * option.
 */
export function randomClusterId(): string {
  const bytes = randomBytes(16)
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0)
  return bytes.toString('base64url')
}
