/*
 * CRC-32C of a whole out of those of its parts, without reading them again.
 *
 *     joined = (crc of the first, moved on by the length of the second) ⊕ crc of the second
 *
 * To move a checksum on by n bytes is to multiply it by x^(8n) in the field of the polynomial, which is linear: for each
 * power of two there is a table of what every byte of a checksum becomes, and n is taken apart into powers of two.
 *
 * Source: https://github.com/madler/zlib/blob/master/crc32.c (crc32_combine)
 */
const POLYNOMIAL = 0x82f6_3b78
const BYTES_OF_CHECKSUM = 4
const VALUES_OF_BYTE = 256

/** The CRC-32C of `first` and `second`, one behind the other. */
export function joinCrc32c(first: number, second: { readonly crc32c: number; readonly length: number }): number {
  return (movedOn(first, second.length) ^ second.crc32c) >>> 0
}

function movedOn(checksum: number, byteLength: number): number {
  let moved = checksum
  for (let power = 0, left = byteLength; left > 0; power++, left >>>= 1) {
    if ((left & 1) === 1) moved = lookUp(tableOf(power), moved)
  }
  return moved
}

function lookUp(table: Uint32Array, checksum: number): number {
  return (
    at(table, checksum & 0xff) ^
    at(table, VALUES_OF_BYTE + ((checksum >>> 8) & 0xff)) ^
    at(table, 2 * VALUES_OF_BYTE + ((checksum >>> 16) & 0xff)) ^
    at(table, 3 * VALUES_OF_BYTE + (checksum >>> 24))
  )
}

function at(table: Uint32Array, index: number): number {
  return table[index] ?? 0
}

const tables: Uint32Array[] = []

/** What moving on by 2^power bytes makes of each byte of a checksum; made when first needed. */
function tableOf(power: number): Uint32Array {
  for (let next = tables.length; next <= power; next++) {
    const half = tables[next - 1]
    tables.push(tableFrom(half === undefined ? movedOnByOneByte : (checksum) => lookUp(half, lookUp(half, checksum))))
  }
  return tables[power] ?? new Uint32Array(0)
}

function tableFrom(move: (checksum: number) => number): Uint32Array {
  return Uint32Array.from({ length: BYTES_OF_CHECKSUM * VALUES_OF_BYTE }, (_, index) => {
    return move((index % VALUES_OF_BYTE) << (8 * Math.floor(index / VALUES_OF_BYTE)))
  })
}

function movedOnByOneByte(checksum: number): number {
  let moved = checksum
  for (let bit = 0; bit < 8; bit++) moved = (moved & 1) === 1 ? (moved >>> 1) ^ POLYNOMIAL : moved >>> 1
  return moved
}
