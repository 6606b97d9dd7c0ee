import type { RecordCursor } from '../../batch/record-cursor.ts'

/** Goes through the records of many batches one by one; only another batch is waited for. */
export class RecordWalk {
  readonly #batches: AsyncIterator<Iterable<RecordCursor>>
  #records: Iterator<RecordCursor> = [].values()
  #cursor: RecordCursor | undefined

  constructor(batches: AsyncIterable<Iterable<RecordCursor>>) {
    this.#batches = batches[Symbol.asyncIterator]()
  }

  /** The record at hand; `undefined` before the first one and behind the last one. */
  get cursor(): RecordCursor | undefined {
    return this.#cursor
  }

  /** Goes to the next record of the batch at hand; `false` where another is to be waited for, with {@link load}. */
  step(): boolean {
    const { value, done } = this.#records.next()
    this.#cursor = done === true ? undefined : value
    return done !== true
  }

  /** Goes to the first record of the next batch that has one; `false` behind the last one. */
  async load(): Promise<boolean> {
    for (;;) {
      const { value, done } = await this.#batches.next()
      if (done === true) return false
      this.#records = value[Symbol.iterator]()
      if (this.step()) return true
    }
  }

  async close(): Promise<void> {
    await this.#batches.return?.()
  }
}
