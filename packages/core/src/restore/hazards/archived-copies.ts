import { sumOf } from '../../collections/sum-of.ts'
import { groupedCount } from '../../text/grouped-count.ts'
import { separableCopies, type TopicCopies, type TopicPurge } from '../copies/archived-copies.ts'
import { type KnownRestore, restoreText } from '../restore-history.ts'
import type { RestoreGuards } from '../restore-options.ts'
import type { Hazard } from '../restore-plan.ts'
import { advice, optionRemedies, type Remedy } from './remedy.ts'

/** The journal of a restore holds each run of copies that it leaves out. */
const MAX_RUNS = 100_000
const SHOWN_PARTITIONS = 8

/** Whether the archive would be restored with records and their copies, which a restore appended to where they came from. */
export function findCopyHazards(copies: readonly TopicCopies[], guard: RestoreGuards['copies']): readonly Hazard[] {
  if (guard === 'accept') return []
  const isBounded =
    sumOf(copies, ({ partitions }) => sumOf([...partitions.values()], ({ length }) => length)) <= MAX_RUNS
  const unsettled = copies.filter(
    (topic) => allCopies(topic) > 0 && (guard !== 'drop' || topic.inseparable > 0 || !isBounded),
  )
  return [
    ...unsettled.map((topic) => copyHazard(topic, isBounded)),
    ...copies.flatMap((topic) => topic.unfinished.map((restore) => unfinishedHazard(topic, { restore, guard }))),
  ]
}

/** What becomes of the copies, where it was said. */
export function copyNotes(copies: readonly TopicCopies[], guard: RestoreGuards['copies']): readonly string[] {
  if (guard === undefined) return []
  const fate = guard === 'drop' ? 'are left out' : 'are restored beside their originals'
  const known = copies.filter((topic) => allCopies(topic) > 0)
  return known.map((topic) => `up to ${groupedCount(allCopies(topic))} copies of records of ${topic.topic} ${fate}`)
}

function copyHazard(topic: TopicCopies, isBounded: boolean): Hazard {
  const { inseparable, restores } = topic
  const records = allCopies(topic)
  return {
    code: 'KB_HAZARD_COPIES',
    blocks: true,
    message:
      `up to ${groupedCount(records)} archived records of ${topic.topic} are copies, which ${restoresText(topic)} appended ` +
      `to the topic that they had come from: each would be there twice${limitText(inseparable, isBounded)}`,
    remedies: remediesFor(topic, { canDrop: inseparable === 0 && isBounded }),
    details: { topic: topic.topic, records, inseparable, restores: restores.map(({ restoreId }) => restoreId) },
  }
}

interface UnfinishedCopies {
  readonly restore: KnownRestore
  readonly guard: RestoreGuards['copies']
}

/** What is known of its copies can be left out all the same. */
function unfinishedHazard({ topic }: TopicCopies, { restore, guard }: UnfinishedCopies): Hazard {
  const goesOn = 'goes on with that restore; run it with the options that it was begun with, and plan this one again'
  return {
    code: 'KB_HAZARD_COPIES',
    blocks: guard !== 'drop',
    message:
      `${restoreText(restore)} appended records of ${topic} to the topic that they had come from, and has not come to its ` +
      'end: what it appended last is not in its journal, and may be archived twice',
    remedies: [
      { option: 'restoreId', value: restore.restoreId, text: goesOn, isDestructive: false },
      ...optionRemedies('guards.copies', {
        drop: 'leaves out the copies that are known',
        accept: 'restores originals and copies',
      }),
    ],
    details: { topic, restores: [restore.restoreId] },
  }
}

function allCopies(topic: TopicCopies): number {
  return separableCopies(topic) + topic.inseparable
}

function restoresText({ restores }: TopicCopies): string {
  const [newest] = restores.slice(-1)
  if (newest === undefined) return 'a restore'
  const others = restores.length > 1 ? ` and ${restores.length - 1} before it` : ''
  return `${restoreText(newest)}${others}`
}

function limitText(inseparable: number, isBounded: boolean): string {
  if (!isBounded) return `; they lie in more than ${groupedCount(MAX_RUNS)} pieces, which is too many to leave out`
  if (inseparable === 0) return ''
  return (
    `; ${groupedCount(inseparable)} of them cannot be left out, because they stand in another partition than their ` +
    'originals, where the log was cut off since, or with times by which a window may hold them alone'
  )
}

function remediesFor(topic: TopicCopies, { canDrop }: { readonly canDrop: boolean }): readonly Remedy[] {
  const drop = 'leaves the copies out: each record is there once, at the place of the original'
  return [
    ...(topic.purge === null ? [] : [sincePurge(topic.topic, topic.purge)]),
    ...(canDrop ? optionRemedies('guards.copies', { drop }) : []),
    ...commitBefore(topic),
    ...optionRemedies('guards.copies', { accept: 'restores originals and copies' }),
  ]
}

/** The other remedies restore what was purged, too. */
function sincePurge(topic: string, { restoreId, startOffsets, partitionCount }: TopicPurge): Remedy {
  const starts = [...startOffsets].toSorted(([left], [right]) => left - right)
  const shown = starts.slice(0, SHOWN_PARTITIONS).map(([partition, start]) => `${start} in partition ${partition}`)
  const more = starts.length > shown.length ? `, … (the receipt of that restore has all)` : ''
  const others = starts.length < partitionCount ? '; it emptied the other partitions, too' : ''
  return advice(
    `to restore ${topic} as restore ${restoreId} left it, without what that purged, select it from there on: ` +
      `offsets.start ${shown.join(', ')}${more}${others}`,
  )
}

/** A restore pins the commit that it restores, which was made before it. */
function commitBefore({ restores: [oldest] }: TopicCopies): readonly Remedy[] {
  const sequence = oldest?.begin.identity.commit.sequence
  if (sequence === undefined) return []
  const text = 'restores the archive as it was before, without what came since'
  return optionRemedies('commit', { [String(sequence)]: text })
}
