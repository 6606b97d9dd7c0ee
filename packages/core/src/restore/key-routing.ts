import type { KeyFilter } from '../batch/key-filter.ts'
import { murmur2Partition } from '../batch/murmur2.ts'
import { KbackupError } from '../errors/kbackup-error.ts'

/** The target partition of a key, from 0 to `partitionCount` − 1; the same for the same key in every run. */
export type KeyPartitioner = (key: Buffer | null, partitionCount: number) => number

/** Records go to a target partition by their keys, as a producer would send them to a topic of that many partitions. */
export interface RepartitionOptions {
  readonly partitionCount: number
  /**
   * `murmur2` where absent: as the Java client, whose records without a key go to the number of their source partition modulo
   * the count here.
   */
  readonly partitioner?: 'murmur2' | KeyPartitioner | undefined
  /** What a partitioner of your own is known by: a restore that goes on must be given the same. */
  readonly version?: string | undefined
}

/** Where the keys of a restore go, and which of them are restored. */
export interface KeyRouting {
  /** `null` where source partitions keep together. */
  readonly repartition: { readonly partitionCount: number; readonly version: string } | null
  /** Which records are restored at all; `null` where all are. */
  readonly isListed: KeyFilter | null
  /** The keys that are, in base64; `null` where all are. */
  readonly keys: readonly string[] | null
  /** Which records of a source partition go to a target partition; `null` where all do. */
  readonly goesTo: (source: number, target: number) => KeyFilter | null
  /** What decides of it, for the digest of the restore. */
  readonly identity: readonly (string | number)[]
}

/** The records that two filters want; `null` wants all. */
export function bothWant(left: KeyFilter | null, right: KeyFilter | null): KeyFilter | null {
  if (left === null || right === null) return left ?? right
  return (key) => left(key) && right(key)
}

interface KeyOptions {
  readonly keys?: readonly (string | Buffer)[] | undefined
  readonly repartition?: RepartitionOptions | undefined
}

const MOST_PARTITIONS = 100_000

/** Reads what is said of keys; what does not fit is `KB_CONFIG_INVALID`. */
export function readKeyRouting({ keys, repartition }: KeyOptions): KeyRouting {
  const listed = keys === undefined ? null : new Set(keys.map((key) => Buffer.from(key).toString('latin1')))
  const isListed = listed === null ? null : (key: Buffer | null) => key !== null && listed.has(key.toString('latin1'))
  const identity = listed === null ? [] : ['keys', ...[...listed].sort()]
  const listing = { isListed, keys: keys?.map((key) => Buffer.from(key).toString('base64')) ?? null }
  if (repartition === undefined) return { repartition: null, ...listing, goesTo: () => null, identity }
  const { partitionCount } = repartition
  const version = versionOf(repartition)
  return {
    repartition: { partitionCount, version },
    ...listing,
    goesTo: (source, target) => routeTo({ repartition, source, target }),
    identity: [...identity, 'repartition', partitionCount, version],
  }
}

interface Route {
  readonly repartition: RepartitionOptions
  readonly source: number
  readonly target: number
}

function routeTo({ repartition: { partitionCount, partitioner }, source, target }: Route): KeyFilter {
  if (typeof partitioner !== 'function') {
    return (key) => (key === null ? source % partitionCount : murmur2Partition(key, partitionCount)) === target
  }
  return (key) => {
    const chosen = partitioner(key, partitionCount)
    if (Number.isInteger(chosen) && chosen >= 0 && chosen < partitionCount) return chosen === target
    throw invalid(`the partitioner sends a record to partition ${chosen} of ${partitionCount}`)
  }
}

function versionOf({ partitionCount, partitioner = 'murmur2', version }: RepartitionOptions): string {
  if (!Number.isInteger(partitionCount) || partitionCount < 1 || partitionCount > MOST_PARTITIONS) {
    throw invalid(`repartition.partitionCount is ${partitionCount}`)
  }
  if (partitioner === 'murmur2') return partitioner
  if (version !== undefined && version !== '') return `own ${version}`
  throw invalid('repartition.partitioner is a function without repartition.version')
}

function invalid(message: string): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', {
    message,
    hint: 'give a count from 1 to 100,000, a function that answers numbers below it, and a version that changes whenever the function does',
  })
}
