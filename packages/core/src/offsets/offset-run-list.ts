import { countLeading } from '../collections/count-leading.ts'
import { KbackupError } from '../errors/kbackup-error.ts'

/** Records `sourceFirst … sourceLast`, without a hole, that stand at `targetFirst` and on, without a hole. */
export interface OffsetRun {
  readonly sourceFirst: bigint
  readonly sourceLast: bigint
  readonly targetFirst: bigint
}

/** The last target offset of a run: both sides are equally long. */
export function targetLastOf(run: OffsetRun): bigint {
  return run.targetFirst + (run.sourceLast - run.sourceFirst)
}

const MAX_OFFSET = 0x7fff_ffff_ffff_ffffn
const FIRST_CAPACITY = 16
const COLUMNS = 3

/**
 * The runs of one stream, in the order of both sides, joined wherever one continues another.
 *
 * A run takes 24 bytes, so that a topic in which every transaction leaves a marker costs megabytes, not gigabytes.
 *
 * ```
 * source   10 11 12 │ 14 15 │ 20          13 is a marker, 16 … 19 were compacted away
 * target    0  1  2 │  3  4 │  5
 *
 * sourceFirst  10  14  20
 * sourceLast   12  15  20
 * targetFirst   0   3   5
 * ```
 */
export class OffsetRunList {
  #cells: BigInt64Array
  #length = 0

  constructor(capacity: number = FIRST_CAPACITY) {
    this.#cells = new BigInt64Array(capacity * COLUMNS)
  }

  get length(): number {
    return this.#length
  }

  /** The run at an index; `undefined` outside. */
  at(index: number): OffsetRun | undefined {
    if (index < 0 || index >= this.#length) return undefined
    const [sourceFirst = 0n, sourceLast = 0n, targetFirst = 0n] = this.#cells.subarray(index * COLUMNS)
    return { sourceFirst, sourceLast, targetFirst }
  }

  *[Symbol.iterator](): Generator<OffsetRun, void, undefined> {
    for (let index = 0; index < this.#length; index += 1) {
      const run = this.at(index)
      if (run !== undefined) yield run
    }
  }

  /** The index of the last run that begins at or before a source offset; −1 where there is none. */
  floorOfSource(offset: bigint): number {
    return this.#floor(0, offset)
  }

  /** The index of the last run that begins at or before a target offset; −1 where there is none. */
  floorOfTarget(offset: bigint): number {
    return this.#floor(2, offset)
  }

  /**
   * Adds what was acknowledged, in any order; what is known already changes nothing.
   *
   * @throws KbackupError `KB_INTERNAL` where it contradicts what is known: another place for the same record,
   * another record for the same place, or an order that differs between the two sides. Nothing is changed then.
   */
  add(run: OffsetRun): void {
    assertRun(run)
    const last = this.at(this.#length - 1)
    if (last === undefined || continuesAfter(last, run)) this.#append(last, run)
    else this.#insert(run)
  }

  clone(): OffsetRunList {
    const copy = new OffsetRunList(this.#length)
    copy.#cells.set(this.#cells.subarray(0, this.#length * COLUMNS))
    copy.#length = this.#length
    return copy
  }

  #floor(column: number, offset: bigint): number {
    return countLeading(this.#length, (index) => (this.#cells[index * COLUMNS + column] ?? 0n) <= offset) - 1
  }

  /** The usual case: acknowledgements of a stream come nearly in order. */
  #append(last: OffsetRun | undefined, run: OffsetRun): void {
    if (last !== undefined && joins(last, run)) {
      this.#cells[(this.#length - 1) * COLUMNS + 1] = run.sourceLast
      return
    }
    this.#replace({ from: this.#length, to: this.#length, run })
  }

  #insert(run: OffsetRun): void {
    const floor = this.floorOfSource(run.sourceFirst)
    const from = this.#touches(floor, run) ? floor : floor + 1
    let to = from
    while (this.#touches(to, run)) to += 1
    const joined = this.#join(run, from, to)
    this.#assertOrder(joined, { previous: this.at(from - 1), next: this.at(to) })
    this.#replace({ from, to, run: joined })
  }

  /** Whether the run at an index shares records with another, or continues it on both sides. */
  #touches(index: number, run: OffsetRun): boolean {
    const known = this.at(index)
    if (known === undefined) return false
    const shares = known.sourceFirst <= run.sourceLast && run.sourceFirst <= known.sourceLast
    return shares || joins(known, run) || joins(run, known)
  }

  #join(run: OffsetRun, from: number, to: number): OffsetRun {
    let joined = run
    for (let index = from; index < to; index += 1) {
      const known = this.at(index) ?? run
      if (shiftOf(known) !== shiftOf(run)) throw conflict('a record was acknowledged at two places', known, run)
      joined = known.sourceFirst < joined.sourceFirst ? { ...known, sourceLast: joined.sourceLast } : joined
      joined = known.sourceLast > joined.sourceLast ? { ...joined, sourceLast: known.sourceLast } : joined
    }
    return joined
  }

  #assertOrder(run: OffsetRun, { previous, next }: { previous: OffsetRun | undefined; next: OffsetRun | undefined }) {
    if (previous !== undefined && targetLastOf(previous) >= run.targetFirst) {
      throw conflict('records of a stream stand in another order in the target', previous, run)
    }
    if (next !== undefined && targetLastOf(run) >= next.targetFirst) {
      throw conflict('records of a stream stand in another order in the target', run, next)
    }
  }

  /** Puts one run in the place of those at `[from, to)`. */
  #replace({ from, to, run }: { readonly from: number; readonly to: number; readonly run: OffsetRun }): void {
    const length = this.#length - (to - from) + 1
    this.#reserve(length)
    this.#cells.copyWithin((from + 1) * COLUMNS, to * COLUMNS, this.#length * COLUMNS)
    this.#cells.set([run.sourceFirst, run.sourceLast, run.targetFirst], from * COLUMNS)
    this.#length = length
  }

  #reserve(length: number): void {
    if (length * COLUMNS <= this.#cells.length) return
    const grown = new BigInt64Array(Math.max(FIRST_CAPACITY, length * 2) * COLUMNS)
    grown.set(this.#cells)
    this.#cells = grown
  }
}

function shiftOf(run: OffsetRun): bigint {
  return run.targetFirst - run.sourceFirst
}

function joins(left: OffsetRun, right: OffsetRun): boolean {
  return left.sourceLast + 1n === right.sourceFirst && shiftOf(left) === shiftOf(right)
}

function continuesAfter(last: OffsetRun, run: OffsetRun): boolean {
  return run.sourceFirst > last.sourceLast && run.targetFirst > targetLastOf(last)
}

function assertRun(run: OffsetRun): void {
  const valid = run.sourceFirst >= 0n && run.targetFirst >= 0n && run.sourceLast >= run.sourceFirst
  if (valid && run.sourceLast < MAX_OFFSET && targetLastOf(run) < MAX_OFFSET) return
  throw new KbackupError('KB_INTERNAL', { message: `${runText(run)} is not a run of offsets` })
}

function conflict(what: string, left: OffsetRun, right: OffsetRun): KbackupError {
  return new KbackupError('KB_INTERNAL', {
    message: `${what}: ${runText(left)} and ${runText(right)}`,
    hint: 'compare the target with the archive before using its offset map, and report this',
  })
}

function runText(run: OffsetRun): string {
  return `${run.sourceFirst}…${run.sourceLast} → ${run.targetFirst}…${targetLastOf(run)}`
}
