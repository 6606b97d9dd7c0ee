import type { RecordBatch } from '../batch/record-batch.ts'
import { groupBy } from '../collections/group-by.ts'
import { PresentOffsets, type SourceOffsets } from './present-records/present-offsets.ts'
import type { ArchivedCopy } from './restore-stream.ts'

/** What a stream leaves out by its offsets: records that the target holds already, and copies. None is both. */
export class LeftOutOffsets {
  /** Whoever wrote them. */
  readonly present: PresentOffsets | undefined
  readonly #byProducer: ReadonlyMap<bigint, PresentOffsets>

  constructor(present: readonly SourceOffsets[], copies: readonly ArchivedCopy[]) {
    this.present = present.length === 0 ? undefined : new PresentOffsets(present)
    const byProducer = groupBy(copies, ({ producerId }) => producerId)
    this.#byProducer = new Map([...byProducer].map(([producerId, own]) => [producerId, together(present, own)]))
  }

  /** Of a batch: only those of the restore that appended a copy can hold it. */
  in(batch: Pick<RecordBatch, 'producerId'>): PresentOffsets | undefined {
    return this.#byProducer.size === 0 ? this.present : (this.#byProducer.get(batch.producerId) ?? this.present)
  }
}

function together(present: readonly SourceOffsets[], copies: readonly ArchivedCopy[]): PresentOffsets {
  const all = [...present, ...copies.map(({ copyFirst, count }) => ({ sourceFirst: copyFirst, count }))]
  return new PresentOffsets(all.sort((left, right) => (left.sourceFirst < right.sourceFirst ? -1 : 1)))
}
