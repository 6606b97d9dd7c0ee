import { type Instant, instantToMs } from '../config/instant.ts'
import { topicMatcher } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { TimeWindow } from './time-window.ts'

/** A window as it is asked for: record timestamps, both ends inclusive, either may be absent. */
export interface WindowOptions {
  readonly start?: Instant | undefined
  readonly end?: Instant | undefined
}

/**
 * A topic, or all that a pattern matches, with what of it is restored. Where several entries match a partition, the first
 * one that does decides.
 */
export interface RestoreTopic {
  /** A name, a glob, or a `~regex`. */
  readonly name: string
  /** Each end that is given here takes the place of that of the whole restore. */
  readonly window?: WindowOptions | undefined
  /** Only these source partitions; all where absent. */
  readonly partitions?: readonly number[] | undefined
  /** Source offsets, both ends inclusive, either may be absent. */
  readonly offsets?: { readonly start?: bigint | undefined; readonly end?: bigint | undefined } | undefined
}

/** What is restored of one source partition. */
export interface PartitionSelection {
  readonly window: TimeWindow
  /** Source offsets `[startOffset, nextOffset)`; `null` is an open end. */
  readonly startOffset: bigint | null
  readonly nextOffset: bigint | null
}

/** What of a source partition is restored; `null` where nothing of it is. */
export type SelectionOf = (topic: string, partition: number) => PartitionSelection | null

export interface SelectionOptions {
  readonly window: WindowOptions | undefined
  /** Entries with and without more than a name, in their order. */
  readonly entries: readonly (string | RestoreTopic)[]
  /** Of every topic. */
  readonly partitions: readonly number[] | undefined
}

interface Rule {
  readonly matches: (topic: string) => boolean
  readonly partitions: ReadonlySet<number> | null
  readonly selection: PartitionSelection
}

/** Reads what is selected of each partition; what does not fit is `KB_CONFIG_INVALID`. */
export function readSelection({ window, entries, partitions }: SelectionOptions): SelectionOf {
  const rules = entries.map((entry) => readRule(typeof entry === 'string' ? { name: entry } : entry, window))
  const wanted = partitions === undefined ? null : new Set(partitions)
  const matching = new Map<string, readonly Rule[]>()
  const rulesFor = (topic: string) => {
    const known = matching.get(topic) ?? rules.filter(({ matches }) => matches(topic))
    matching.set(topic, known)
    return known
  }
  return (topic, partition) => {
    if (wanted?.has(partition) === false) return null
    const rule = rulesFor(topic).find(({ partitions: own }) => own?.has(partition) ?? true)
    return rule?.selection ?? null
  }
}

/** The window as milliseconds; an empty one is refused. */
export function readWindow(window: WindowOptions | undefined, name: string): TimeWindow {
  const start = window?.start === undefined ? null : instantToMs(window.start, `${name}.start`)
  const end = window?.end === undefined ? null : instantToMs(window.end, `${name}.end`)
  if (start === null || end === null || start <= end) return { start, end }
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `the ${name} is empty: it starts at ${start} and ends at ${end}`,
    hint: 'both ends are inclusive epoch milliseconds; swap them, or leave one out',
    details: { start, end },
  })
}

function readRule({ name, window, partitions, offsets }: RestoreTopic, whole: WindowOptions | undefined): Rule {
  const ends = { start: window?.start ?? whole?.start, end: window?.end ?? whole?.end }
  return {
    matches: topicMatcher(name),
    partitions: partitions === undefined ? null : new Set(partitions),
    selection: { window: readWindow(ends, `window of ${name}`), ...readOffsets(name, offsets) },
  }
}

function readOffsets(name: string, offsets: RestoreTopic['offsets']): Omit<PartitionSelection, 'window'> {
  const { start = null, end = null } = offsets ?? {}
  const isEmpty = start !== null && end !== null && start > end
  if (!isEmpty && (start ?? 0n) >= 0n && (end ?? 0n) >= 0n) {
    return { startOffset: start, nextOffset: end === null ? null : end + 1n }
  }
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `the offsets of ${name} hold no record: from ${start ?? 'the first'} to ${end ?? 'the last'}`,
    hint: 'both ends are inclusive offsets of the source, 0 or above; swap them, or leave one out',
    details: { topic: name, start, end },
  })
}
