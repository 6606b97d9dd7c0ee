import { comparePartitions, partitionName, type TopicPartition } from '../kafka/topic-partition.ts'

/**
 * What is wrong with an object: not there; shorter than the commits say; bytes that differ from what vouches for them;
 * sound in itself, but not what the rest of the archive says; behind the newest commit; named by no commit.
 */
export type FindingKind = 'missing' | 'truncated' | 'damaged' | 'inconsistent' | 'stale' | 'unreferenced'

/** One thing that verification found. */
export interface Finding {
  /** `damage`: something cannot be restored, or not be trusted. */
  readonly severity: 'damage' | 'notice'
  readonly kind: FindingKind
  readonly key: string
  readonly message: string
  /** The partitions whose data it touches; empty where it touches none. */
  readonly partitions: readonly TopicPartition[]
}

/** Collects findings, and tells the caller of each. */
export class Findings {
  readonly #all: Finding[] = []
  readonly #tell: (finding: Finding) => void

  constructor(tell: (finding: Finding) => void = () => undefined) {
    this.#tell = tell
  }

  get all(): readonly Finding[] {
    return this.#all
  }

  get hasDamage(): boolean {
    return this.#all.some(({ severity }) => severity === 'damage')
  }

  damage(kind: FindingKind, { key, message, partitions = [] }: FindingFacts): void {
    this.#add({ severity: 'damage', kind, key, message, partitions: distinct(partitions) })
  }

  notice(kind: FindingKind, { key, message, partitions = [] }: FindingFacts): void {
    this.#add({ severity: 'notice', kind, key, message, partitions: distinct(partitions) })
  }

  #add(finding: Finding): void {
    this.#all.push(finding)
    this.#tell(finding)
  }
}

/** What a finding says beside its kind. */
export interface FindingFacts {
  readonly key: string
  readonly message: string
  readonly partitions?: readonly TopicPartition[]
}

function distinct(partitions: readonly TopicPartition[]): readonly TopicPartition[] {
  const byName = new Map(
    partitions.map(({ topic, partition }) => [partitionName({ topic, partition }), { topic, partition }]),
  )
  return [...byName.values()].sort(comparePartitions)
}
