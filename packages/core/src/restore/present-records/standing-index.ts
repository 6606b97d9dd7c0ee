import { KbackupError } from '../../errors/kbackup-error.ts'
import { partitionName, type TopicPartition } from '../../kafka/topic-partition.ts'
import { groupedCount } from '../../text/grouped-count.ts'
import type { RecordFingerprint } from './record-fingerprint.ts'

/** What one record takes: its fingerprint as a text, and its place in a map. */
const BYTES_PER_RECORD = 160

/** The memory that the indexes of a target partition share. */
export class StandingRoom {
  readonly #target: TopicPartition
  readonly #maxRecords: number
  #records = 0

  constructor({ target, maxBytes }: { readonly target: TopicPartition; readonly maxBytes: number }) {
    this.#target = target
    this.#maxRecords = Math.floor(maxBytes / BYTES_PER_RECORD)
  }

  /** Takes that of one record. */
  take(): void {
    if (this.#records >= this.#maxRecords) throw tooMany(this.#target, this.#records)
    this.#records += 1
  }
}

interface Places {
  readonly offsets: bigint[]
  /** How many of them are claimed, from the front. */
  claimed: number
}

/**
 * Records of a target partition by their fingerprints, each of which one archived record may claim. Records that are equal in
 * everything are claimed in the order of the log: which of them is which makes no difference to anybody.
 */
export class StandingIndex {
  readonly #places = new Map<RecordFingerprint, bigint | Places>()
  readonly #room: StandingRoom
  #records = 0

  constructor(room: StandingRoom) {
    this.#room = room
  }

  get isEmpty(): boolean {
    return this.#records === 0
  }

  add(fingerprint: RecordFingerprint, offset: bigint): void {
    this.#room.take()
    this.#records += 1
    const known = this.#places.get(fingerprint)
    if (known === undefined) this.#places.set(fingerprint, offset)
    else if (typeof known === 'bigint') this.#places.set(fingerprint, { offsets: [known, offset], claimed: 0 })
    else known.offsets.push(offset)
  }

  has(fingerprint: RecordFingerprint): boolean {
    return this.#places.has(fingerprint)
  }

  /** The first record of the log with this fingerprint that nobody has claimed; `undefined` where there is none. */
  claim(fingerprint: RecordFingerprint): bigint | undefined {
    const known = this.#places.get(fingerprint)
    if (known === undefined) return undefined
    if (typeof known === 'bigint') {
      this.#places.delete(fingerprint)
      return known
    }
    const offset = known.offsets[known.claimed]
    known.claimed += 1
    return offset
  }
}

function tooMany(target: TopicPartition, records: number): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', {
    message: `target ${partitionName(target)} holds more than ${groupedCount(records)} records that may be of the archive, which is as many as can be compared within the memory that is allowed`,
    hint: `raise maxMemoryBytes: half of it goes into comparing, ${BYTES_PER_RECORD} bytes a record`,
    details: { topic: target.topic, partition: target.partition, records },
  })
}
