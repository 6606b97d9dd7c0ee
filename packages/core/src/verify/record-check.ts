import type { SectionEntry } from '../archive/commit.ts'
import { damagedObject } from '../archive/json-object.ts'
import type { BlockEntry, Omission, SectionIndex } from '../archive/section.ts'
import { decodeRecords } from '../batch/batch-records.ts'
import { assertBatchChecksum, type RecordBatch, readBatches } from '../batch/record-batch.ts'
import type { KafkaRecord } from '../kafka/kafka-record.ts'

interface BlockTally {
  records: number
  maxTimestamp: bigint | null
  minTimestamp: bigint | null
}

/** Holds the records of a section to its index: every record can be decoded, and every offset is accounted for once. */
export class RecordCheck {
  readonly #entry: SectionEntry
  readonly #omissions: readonly Omission[]
  #nextOmission = 0
  #accountedTo: bigint
  #isFirst = true

  constructor(entry: SectionEntry, { omissions }: SectionIndex) {
    this.#entry = entry
    this.#omissions = omissions
    this.#accountedTo = entry.startOffset
  }

  /** The log bytes of the next block. */
  async take(block: BlockEntry, log: Buffer): Promise<void> {
    const tally: BlockTally = { records: 0, maxTimestamp: null, minTimestamp: null }
    let last: RecordBatch | undefined
    for (const batch of readBatches(log, this.#where, { cutShortTail: 'refuse' })) {
      if (last === undefined && batch.baseOffset !== block.firstOffset) throw this.#wrong(block, 'first offset')
      assertBatchChecksum(batch, this.#where)
      this.#account(batch)
      this.#count(tally, await decodeRecords(batch, this.#where))
      last = batch
    }
    if (last?.lastOffset !== block.lastOffset) throw this.#wrong(block, 'last offset')
    this.#compare(block, tally)
  }

  /** Behind the last block: what is left must have been left out. */
  finish(): void {
    this.#passOmissions(this.#entry.nextOffset)
    if (this.#accountedTo < this.#entry.nextOffset) throw this.#hole()
  }

  get #where(): { readonly topic: string; readonly partition: number } {
    return { topic: this.#entry.topic, partition: this.#entry.partition }
  }

  #account(batch: RecordBatch): void {
    this.#passOmissions(batch.baseOffset)
    const beginsRight =
      batch.baseOffset === this.#accountedTo || (this.#isFirst && batch.baseOffset < this.#accountedTo)
    if (!beginsRight) throw this.#hole()
    this.#accountedTo = batch.nextOffset
    this.#isFirst = false
  }

  #passOmissions(upTo: bigint): void {
    for (;;) {
      const omission = this.#omissions[this.#nextOmission]
      if (omission?.startOffset !== this.#accountedTo || omission.nextOffset > upTo) return
      this.#accountedTo = omission.nextOffset
      this.#nextOmission++
    }
  }

  #count(tally: BlockTally, records: readonly KafkaRecord[]): void {
    for (const { offset, timestamp } of records) {
      if (offset < this.#entry.startOffset || offset >= this.#entry.nextOffset) continue
      tally.records++
      if (tally.maxTimestamp === null || timestamp > tally.maxTimestamp) tally.maxTimestamp = timestamp
      if (tally.minTimestamp === null || timestamp < tally.minTimestamp) tally.minTimestamp = timestamp
    }
  }

  #compare(block: BlockEntry, { records, maxTimestamp, minTimestamp }: BlockTally): void {
    if (records !== block.records) throw this.#wrong(block, `number of records, ${block.records}: it holds ${records}`)
    if (maxTimestamp === null || minTimestamp === null) return
    if (block.maxTimestamp === null || maxTimestamp > block.maxTimestamp) throw this.#wrong(block, 'greatest time')
    if (block.minTimestamp !== null && minTimestamp < block.minTimestamp) throw this.#wrong(block, 'least time')
  }

  #wrong({ position }: BlockEntry, what: string): Error {
    return damagedObject(
      this.#entry.key,
      `its block at byte ${this.#entry.position + position} has not the stated ${what}`,
    )
  }

  #hole(): Error {
    return damagedObject(this.#entry.key, `its section does not account for offset ${this.#accountedTo}`)
  }
}
