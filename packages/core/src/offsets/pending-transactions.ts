import { partitionName } from '../kafka/topic-partition.ts'
import type { CommittedPosition, GroupPartition } from './offsets-topic-record.ts'

/** A position that a transaction has written and not yet committed. */
export interface PendingPosition {
  readonly key: GroupPartition
  readonly recordOffset: bigint
  readonly position: CommittedPosition | null
}

/** What a transaction had written when its marker came. */
export interface EndedTransaction {
  readonly records: Iterable<PendingPosition>
  /** Whether all of its records were read: none of them can stand in a hole. */
  readonly complete: boolean
}

/** Beyond this many, producers are not remembered, and their transactions count as incomplete. */
const MAX_REMEMBERED_PRODUCERS = 100_000

/**
 * The open transactions of one log, by producer id; its epoch does not count, since a marker may bear the next one
 * (KIP-890, written so by 4.1).
 *
 * A transaction of which the marker was compacted away is taken up by the next marker of its producer: the position
 * then seems to take effect later than it did, but never without a hole behind its record.
 */
export class PendingTransactions {
  readonly #open = new Map<bigint, Map<string, PendingPosition>>()
  #holes = false
  /** Producers whose last transaction ended behind the last hole: the next one lies behind it as a whole. */
  readonly #endedSinceHole = new Set<bigint>()

  add(producerId: bigint, pending: PendingPosition): void {
    const positions = this.#open.get(producerId) ?? new Map<string, PendingPosition>()
    positions.set(JSON.stringify([pending.key.groupId, partitionName(pending.key)]), pending)
    this.#open.set(producerId, positions)
  }

  /** Offsets were not read: they may have held records or markers of any transaction. */
  hole(): void {
    this.#holes = true
    this.#endedSinceHole.clear()
  }

  end(producerId: bigint): EndedTransaction {
    const records = this.#open.get(producerId)?.values() ?? []
    const complete = !this.#holes || this.#endedSinceHole.has(producerId)
    this.#open.delete(producerId)
    if (this.#holes && this.#endedSinceHole.size < MAX_REMEMBERED_PRODUCERS) this.#endedSinceHole.add(producerId)
    return { records, complete }
  }
}
