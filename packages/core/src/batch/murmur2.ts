const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/**
 * The hash by which the Java client spreads keys over partitions: 32 bits, signed.
 *
 * `org.apache.kafka.common.utils.Utils.murmur2`.
 */
export function murmur2(bytes: Buffer): number {
  const words = bytes.length >>> 2
  let hash = SEED ^ bytes.length
  for (let word = 0; word < words; word++) {
    hash = Math.imul(hash, MULTIPLIER) ^ scrambled(bytes.readInt32LE(word * 4))
  }
  const tail = bytes.subarray(words * 4)
  for (let index = tail.length - 1; index >= 0; index--) hash ^= (tail[index] ?? 0) << (8 * index)
  if (tail.length > 0) hash = Math.imul(hash, MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}

/** The partition that the Java client gives a key (KIP-480 leaves keyed records as they were). */
export function murmur2Partition(key: Buffer, partitionCount: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitionCount
}

function scrambled(word: number): number {
  const mixed = Math.imul(word, MULTIPLIER)
  return Math.imul(mixed ^ (mixed >>> 24), MULTIPLIER)
}
