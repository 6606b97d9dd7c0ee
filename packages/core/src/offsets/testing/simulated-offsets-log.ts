import { partitionName } from '../../kafka/topic-partition.ts'
import type { AnchoredCapture } from '../group-captures.ts'
import type { OffsetsLog, OffsetsLogItem } from '../offsets-log.ts'
import type { GroupPartition } from '../offsets-topic-record.ts'
import { batchItem, itemsOf, type LogRow } from './offsets-log-items.ts'

/** What happens to the log after `length` of its rows were written. */
export interface SimulatedStep {
  readonly length: number
  /** `clean` runs the log cleaner up to an offset, `read` lets the reader go on to the last stable offset. */
  readonly action: 'clean' | 'read'
  /** Whether the cleaner also drops tombstones and markers that nothing needs any more. */
  readonly expire: boolean
}

/** A log with its whole history, what the cleaner left of it when it was read, and what was true. */
export class SimulatedOffsetsLog {
  readonly rows: readonly LogRow[]
  readonly #alive: boolean[]
  readonly #read: LogRow[] = []
  readonly #lost: ReadonlySet<number>
  readonly #startOffset: number
  #cursor: number

  /** @param lost offsets that are missing when they are read, for no reason at all. */
  constructor(rows: readonly LogRow[], { lost, startOffset }: { lost: ReadonlySet<number>; startOffset: number }) {
    this.rows = rows
    this.#alive = rows.map(() => true)
    this.#lost = lost
    this.#startOffset = startOffset
    this.#cursor = startOffset
  }

  get nextOffset(): bigint {
    return BigInt(this.#cursor)
  }

  /** Whether every row up to where reading ended was read. */
  get whole(): boolean {
    return this.#startOffset === 0 && this.#read.length === this.#cursor
  }

  run(steps: readonly SimulatedStep[]): void {
    for (const step of steps.toSorted((left, right) => left.length - right.length)) {
      const length = Math.min(step.length, this.rows.length)
      if (step.action === 'clean') this.#clean(this.#lastStable(length), step.expire)
      else this.#readTo(this.#lastStable(length))
    }
  }

  async log(completeAtMs: bigint | null): Promise<OffsetsLog> {
    const items: OffsetsLogItem[] = await Promise.all(this.#read.map(batchItem))
    const bounds = { startOffset: BigInt(this.#startOffset), nextOffset: this.nextOffset }
    return { partition: 0, ...bounds, completeAtMs, items: itemsOf(items) }
  }

  /** The positions at T, of all that was ever written. */
  truthAt(atMs: bigint): ReadonlyMap<string, bigint> {
    return this.#fold(({ timestamp }) => timestamp <= atMs)
  }

  /** What a coordinator answers that has applied the log up to an offset. */
  capture(length: number, slack: number): AnchoredCapture {
    const positions = this.#fold(({ offset }) => offset < length)
    const observedAtMs = this.rows[length - 1]?.timestamp ?? 0n
    const groups = ['a', 'b'].map((groupId) => ({
      ...{ groupId, type: 'classic', protocolType: '', state: 'Empty' },
      offsets: [...positions].filter(([name]) => name.startsWith(`${groupId} `)).map(positionOf),
    }))
    const startOffset = BigInt(Math.max(0, length - slack))
    const nextOffset = BigInt(Math.min(this.rows.length, length + slack))
    return {
      capture: { startedAtMs: observedAtMs, observedAtMs, offsetsTopicEnds: [], groups, unread: [] },
      anchors: new Map([[0, { startOffset, nextOffset }]]),
    }
  }

  /** Of all effects that a condition lets through, the one of the greatest record offset counts. */
  #fold(includes: (effect: LogRow) => boolean): ReadonlyMap<string, bigint> {
    const winners = new Map<string, { readonly offset: bigint; readonly position: bigint | null }>()
    for (const row of this.rows) {
      const { content } = row
      if (content.type !== 'position') continue
      const effect = this.#effectOf(row)
      const name = nameOf(content.key)
      if (effect === undefined || !includes(effect) || (winners.get(name)?.offset ?? -1n) > row.offset) continue
      winners.set(name, { offset: row.offset, position: content.position })
    }
    const positions = [...winners].flatMap(([name, { position }]) =>
      position === null ? [] : [[name, position] as const],
    )
    return new Map(positions)
  }

  /** The row by which another takes effect: itself, or the marker of its transaction; none if it was aborted or is open. */
  #effectOf(row: LogRow): LogRow | undefined {
    if (row.producerId === null) return row
    const marker = this.#markerOf(row)
    return marker?.content.type === 'marker' && marker.content.outcome === 'commit' ? marker : undefined
  }

  #markerOf(row: LogRow): LogRow | undefined {
    return this.rows.find(
      (other) => other.content.type === 'marker' && other.producerId === row.producerId && other.offset > row.offset,
    )
  }

  #lastStable(length: number): number {
    const open = this.rows
      .slice(0, length)
      .find((row) => row.producerId !== null && row.content.type === 'position' && !this.#endsBelow(row, length))
    return open === undefined ? length : Number(open.offset)
  }

  #endsBelow(row: LogRow, length: number): boolean {
    return (this.#markerOf(row)?.offset ?? BigInt(length)) < length
  }

  #readTo(end: number): void {
    for (; this.#cursor < end; this.#cursor += 1) {
      const row = this.rows[this.#cursor]
      if (row !== undefined && this.#alive[this.#cursor] && !this.#lost.has(this.#cursor)) this.#read.push(row)
    }
  }

  /** What Kafka's cleaner does up to an offset: the last visible record of each key stays, what was aborted goes. */
  #clean(end: number, expire: boolean): void {
    const last = new Map<string, bigint>()
    const visible = (row: LogRow) => row.content.type === 'other' || this.#effectOf(row) !== undefined
    const cleaned = this.rows.slice(0, end)
    for (const row of cleaned) if (row.content.type !== 'marker' && visible(row)) last.set(cleanerKey(row), row.offset)
    for (const row of cleaned) {
      if (row.content.type === 'marker') continue
      const superseded = last.get(cleanerKey(row)) !== row.offset
      const expired = expire && row.content.type === 'position' && row.content.position === null
      if (superseded || !visible(row) || expired) this.#alive[Number(row.offset)] = false
    }
    if (expire) for (const row of cleaned) if (row.content.type === 'marker') this.#dropIdleMarker(row)
  }

  #dropIdleMarker(marker: LogRow): void {
    const needed = this.rows.some(
      (row, index) => this.#alive[index] && row !== marker && this.#markerOf(row) === marker,
    )
    if (!needed) this.#alive[Number(marker.offset)] = false
  }
}

export function nameOf(key: GroupPartition): string {
  return `${key.groupId} ${partitionName(key)}`
}

function cleanerKey({ content }: LogRow): string {
  return content.type === 'position' ? nameOf(content.key) : content.type
}

function positionOf([name, offset]: readonly [string, bigint]) {
  const [topic = '', partition = ''] = (name.split(' ')[1] ?? '').split('/')
  return { topic, partition: Number(partition), offset, leaderEpoch: -1, metadata: '' }
}
