import type { RecordCursor } from '../../batch/record-cursor.ts'
import { RecordDigest } from './record-digest.ts'

/** The digests of two sequences of records. As long as they are equal one is made, and stands for both. */
export class PairedDigest {
  readonly #target = new RecordDigest()
  #archive = this.#target

  /** The same record on both sides. */
  addEqual(record: RecordCursor, timestamp: bigint): void {
    this.#target.add(record, timestamp)
    if (this.#archive !== this.#target) this.#archive.add(record, timestamp)
  }

  /** Records that stand in the same place and differ; the timestamp is that which counts for the target's. */
  addDiffering(archived: RecordCursor, found: RecordCursor, timestamp: bigint): void {
    if (this.#archive === this.#target) this.#archive = this.#target.copy()
    this.#archive.add(archived, archived.timestamp)
    this.#target.add(found, timestamp)
  }

  /** Nothing can be added any more. */
  finish(): { readonly archiveDigest: string; readonly targetDigest: string } {
    const targetDigest = this.#target.finish()
    return { archiveDigest: this.#archive === this.#target ? targetDigest : this.#archive.finish(), targetDigest }
  }
}
