/*
 * Variable-length integers of the record format: zigzag, then seven bits a byte, least significant first.
 * Source: https://kafka.apache.org/documentation/#recordbatch and org.apache.kafka.common.utils.ByteUtils
 */

/** How many bytes a 32-bit integer takes as a varint. */
export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x20_0000) return 3
  return zigzag < 0x1000_0000 ? 4 : 5
}

/** Writes a 32-bit integer as a varint; returns the position behind it. */
export function writeVarint(target: Buffer, position: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let at = position
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[at++] = rest
  return at
}

/** How many bytes a 64-bit integer takes as a varint. */
export function varlongSize(value: bigint): number {
  if (value >= -0x4000_0000n && value < 0x4000_0000n) return varintSize(Number(value))
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  let size = 1
  while (rest > 0x7fn) {
    rest >>= 7n
    size++
  }
  return size
}

/** Writes a 64-bit integer as a varint; returns the position behind it. */
export function writeVarlong(target: Buffer, position: number, value: bigint): number {
  if (value >= -0x4000_0000n && value < 0x4000_0000n) return writeVarint(target, position, Number(value))
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  let at = position
  while (rest > 0x7fn) {
    target[at++] = Number(rest & 0x7fn) | 0x80
    rest >>= 7n
  }
  target[at++] = Number(rest)
  return at
}
