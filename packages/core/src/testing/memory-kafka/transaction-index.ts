import type { AbortedTransaction } from '../../kafka/kafka-data.ts'

interface Aborted extends AbortedTransaction {
  /** Where the marker lies. */
  readonly lastOffset: bigint
}

/** The open and the aborted transactions of one partition. */
export class TransactionIndex {
  readonly #open = new Map<bigint, bigint>()
  readonly #aborted: Aborted[] = []

  /** The first offsets of the open transactions, by producer. */
  get open(): ReadonlyMap<bigint, bigint> {
    return this.#open
  }

  /** The first offset of the oldest open transaction, which is where the last stable offset stops. */
  get firstUnstableOffset(): bigint | undefined {
    return [...this.#open.values()].reduce<bigint | undefined>(
      (least, offset) => (least === undefined || offset < least ? offset : least),
      undefined,
    )
  }

  begin(producerId: bigint, firstOffset: bigint): void {
    if (!this.#open.has(producerId)) this.#open.set(producerId, firstOffset)
  }

  /** A marker of a transaction that wrote nothing here changes nothing. */
  end(producerId: bigint, lastOffset: bigint, outcome: 'commit' | 'abort'): void {
    const firstOffset = this.#open.get(producerId)
    this.#open.delete(producerId)
    if (firstOffset !== undefined && outcome === 'abort') this.#aborted.push({ producerId, firstOffset, lastOffset })
  }

  /** The aborted transactions that reach into `[offset, nextOffset)`, in the order in which they ended. */
  abortedBetween(offset: bigint, nextOffset: bigint): readonly AbortedTransaction[] {
    return this.#aborted
      .filter(({ firstOffset, lastOffset }) => lastOffset >= offset && firstOffset < nextOffset)
      .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
  }

  /** Whether what a producer wrote at an offset was in a transaction that ended in an abort. */
  isAborted(producerId: bigint, offset: bigint): boolean {
    return this.#aborted.some(
      (ended) => ended.producerId === producerId && ended.firstOffset <= offset && offset < ended.lastOffset,
    )
  }
}
