import { SectionWindows } from '../../archive/section-windows.ts'
import { groupBy } from '../../collections/group-by.ts'
import { partitionName } from '../../kafka/topic-partition.ts'
import { ByteBudget } from '../../memory/byte-budget.ts'
import { ownSignal } from '../../memory/own-signal.ts'
import type { RestoredRun } from '../journal-entries.ts'
import type { SessionOptions } from '../restore-session.ts'
import type { RestoreStream } from '../restore-stream.ts'
import { streamName } from '../stream-selection.ts'
import { offsetSpan } from '../target-topic.ts'
import type { PlannedTopic } from '../topic-planning.ts'
import { type ComparedTarget, compareTarget, type TargetComparison } from './target-comparison.ts'

/** What stands in the targets of a restore already; without the topics that hold nothing. */
export type RestorePresence = readonly TargetComparison[]

export const NOTHING_PRESENT: RestorePresence = []

/** Compares the target partitions of topics that hold records with what would be restored into them, one after the other. */
export async function findPresence(
  topics: readonly Pick<PlannedTopic, 'topic' | 'streams'>[],
  { store, cluster, request, signal }: SessionOptions,
): Promise<RestorePresence> {
  const compared = topics.flatMap(comparedTargets)
  const own = ownSignal(signal ?? new AbortController().signal)
  const sections = compared.flatMap(({ streams }) => streams.flatMap(({ slices }) => slices.map(({ entry }) => entry)))
  const maxBytes = Math.floor(request.maxMemoryBytes / 2)
  const parts = { cluster, store: new SectionWindows({ store, sections, signal: own }), signal: own, maxBytes }
  const comparisons: TargetComparison[] = []
  for (const target of compared) {
    comparisons.push(await compareTarget(target, { ...parts, budget: new ByteBudget(maxBytes) }))
  }
  return comparisons
}

function comparedTargets({ topic, streams }: Pick<PlannedTopic, 'topic' | 'streams'>): readonly ComparedTarget[] {
  const { existing } = topic
  if (existing === null || offsetSpan(existing) === 0n) return []
  const groups = groupBy(streams, ({ target }) => partitionName(target))
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const ownStream = group.find((stream) => isOwnLog(stream, existing.description.topicId))
    return [{ target: first.target, streams: group, ownStream }]
  })
}

/** Whether a target partition is the very log that a stream was backed up from. */
function isOwnLog({ source, target }: RestoreStream, topicId: string): boolean {
  return source.topicId === topicId && source.topic === target.topic && source.partition === target.partition
}

/** Where the records of each stream stand that need not be produced, by the name of the stream. */
export function presentRuns(presence: RestorePresence): ReadonlyMap<string, readonly RestoredRun[]> {
  return new Map(presence.flatMap(({ streams }) => streams.map(({ stream, runs }) => [streamName(stream), runs])))
}
