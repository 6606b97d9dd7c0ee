import { crc32c } from '@node-rs/crc32'

/** The CRC-32C of bytes that follow others whose sum is given. */
export function checksumOf(bytes: Uint8Array, before = 0): number {
  return crc32c(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), before)
}

/** A CRC-32C as the service writes it: base64 of its big-endian bytes. */
export function checksumText(checksum: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(checksum)
  return bytes.toString('base64')
}

/** The CRC-32C of a whole object in the headers of an answer: `crc32c=…,md5=…`. */
export function checksumHeader(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const given = headers['x-goog-hash']
  const text = Array.isArray(given) ? given.join(',') : (given ?? '')
  return /(?:^|,)\s*crc32c=([A-Za-z0-9+/]{6}==)/.exec(text)?.[1]
}
