import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { Omission, OmissionReason } from './section.ts'

/**
 * Keeps account of the offsets of a section, in order: each is spanned by a batch or omitted for a reason.
 *
 * What nobody spoke of between two batches was not in the log any more.
 */
export class OffsetAccount {
  readonly #where: TopicPartition
  readonly #omissions: Omission[] = []
  #accountedTo: bigint

  constructor(where: TopicPartition, startOffset: bigint) {
    this.#where = where
    this.#accountedTo = startOffset
  }

  /** Everything below is accounted for. */
  get accountedTo(): bigint {
    return this.#accountedTo
  }

  /**
   * A batch holds `[startOffset, nextOffset)`; it may begin before what is accounted for only at the start of the
   * section.
   */
  span(startOffset: bigint, { nextOffset, isFirst }: { readonly nextOffset: bigint; readonly isFirst: boolean }): void {
    if (nextOffset <= this.#accountedTo || (startOffset < this.#accountedTo && !isFirst)) {
      throw outOfTurn(this.#where, startOffset, this.#accountedTo)
    }
    this.#fillTo(startOffset)
    this.#accountedTo = nextOffset
  }

  /** Offsets that are left out; what of them is accounted for already is passed over. */
  omit({ startOffset, nextOffset, reason }: Omission): void {
    this.#fillTo(startOffset)
    if (nextOffset > this.#accountedTo) this.#add(nextOffset, reason)
  }

  /** The omissions of a section that ends at `nextOffset`. */
  close(nextOffset: bigint): readonly Omission[] {
    this.#fillTo(nextOffset)
    return this.#omissions
      .filter(({ startOffset }) => startOffset < nextOffset)
      .map((omission) => (omission.nextOffset > nextOffset ? { ...omission, nextOffset } : omission))
  }

  #fillTo(offset: bigint): void {
    if (offset > this.#accountedTo) this.#add(offset, 'compacted')
  }

  #add(nextOffset: bigint, reason: OmissionReason): void {
    const startOffset = this.#accountedTo
    const last = this.#omissions.at(-1)
    this.#accountedTo = nextOffset
    if (last?.reason === reason && last.nextOffset === startOffset) {
      this.#omissions[this.#omissions.length - 1] = { ...last, nextOffset }
    } else {
      this.#omissions.push({ startOffset, nextOffset, reason })
    }
  }
}

function outOfTurn(where: TopicPartition, offset: bigint, accountedTo: bigint): KbackupError {
  return new KbackupError('KB_INTERNAL', {
    message: `a batch of ${partitionName(where)} at offset ${offset} came when everything below ${accountedTo} was archived`,
    details: { ...where, offset, accountedTo },
  })
}
