import type { RecordCursor } from '../../batch/record-cursor.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import type { RestoreStream } from '../restore-stream.ts'
import { type TimeWindow, windowAround, windowContains } from '../time-window.ts'
import { fingerprintOf, fingerprintsOf } from './record-fingerprint.ts'
import { StandingIndex, StandingRoom } from './standing-index.ts'

/** What stands in a target partition, so far as it may be of the archive and is not recognised by its offset. */
export class StandingSurvey {
  readonly #range: TimeWindow
  readonly #timed: StandingIndex
  /** Those that their broker has stamped: all but their times can be compared. */
  readonly #stamped: StandingIndex

  constructor({
    target,
    streams,
    maxBytes,
  }: {
    readonly target: TopicPartition
    readonly streams: readonly RestoreStream[]
    readonly maxBytes: number
  }) {
    this.#range = windowAround(streams.flatMap(timesOf))
    const room = new StandingRoom({ target, maxBytes })
    this.#timed = new StandingIndex(room)
    this.#stamped = new StandingIndex(room)
  }

  get isEmpty(): boolean {
    return this.#timed.isEmpty && this.#stamped.isEmpty
  }

  /** A record of the target; one of another time than all that is archived is none of the archive. */
  add(cursor: RecordCursor): void {
    if (windowContains(this.#range, cursor.timestamp)) this.#timed.add(fingerprintOf(cursor, 'timed'), cursor.offset)
    if (cursor.isLogAppendTime) this.#stamped.add(fingerprintOf(cursor, 'untimed'), cursor.offset)
  }

  /** Where an archived record stands; it is found there once. */
  claim(cursor: RecordCursor, source: TopicPartition): bigint | undefined {
    if (this.#timed.isEmpty) return undefined
    for (const fingerprint of fingerprintsOf(cursor, source, 'timed')) {
      const offset = this.#timed.claim(fingerprint)
      if (offset !== undefined) return offset
    }
    return undefined
  }

  /** Whether an archived record that was not found may be one that its broker has stamped. */
  mayBeStamped(cursor: RecordCursor, source: TopicPartition): boolean {
    if (this.#stamped.isEmpty) return false
    return fingerprintsOf(cursor, source, 'untimed').some((fingerprint) => this.#stamped.has(fingerprint))
  }
}

/** The times that the sections of a stream span. */
function timesOf({ slices }: RestoreStream): readonly TimeWindow[] {
  return slices.map(({ entry }) => ({ start: entry.minTimestamp, end: entry.maxTimestamp }))
}
