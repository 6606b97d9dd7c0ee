import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { ArchiveFold } from './archive-fold.ts'
import type { CatalogEvent, CommitDraft, Precondition } from './commit.ts'

/**
 * Refuses, with `KB_INTERNAL`, a draft that no archive could take: these are mistakes of the code that made it.
 *
 * Each partition, topic and object that the draft changes needs a precondition, without which a concurrent change would
 * go unseen. Where sections replace others, it is that those are live: the partition may go on meanwhile.
 */
export function assertDraft(draft: CommitDraft, fold: ArchiveFold): void {
  const unguarded = unguardedNames(draft)
  if (unguarded.length > 0) throw refused(`has no precondition for ${unguarded.join(', ')}`)
  const fault = fold.faultOf(draft)
  if (fault !== undefined) throw refused(`cannot follow commit ${fold.head?.sequence ?? 0}: ${fault}`)
}

function unguardedNames(draft: CommitDraft): readonly string[] {
  const guards = new Set(draft.preconditions.map(guardedName))
  const replaces = draft.drops.length > 0 && draft.drops.every((key) => guards.has(objectName(key)))
  const data = replaces ? [] : [...draft.sections, ...draft.gaps]
  const names = [...data.map(partitionName), ...draft.catalog.map(eventName)]
  return [...new Set(names.filter((name) => !guards.has(name)))]
}

function guardedName(precondition: Precondition): string {
  if (precondition.type === 'partition-at') return partitionName(precondition)
  return precondition.type === 'topic-is' ? topicName(precondition.topic) : objectName(precondition.key)
}

function eventName(event: CatalogEvent): string {
  return event.type === 'lineage-started' ? partitionName(event) : topicName(event.topic)
}

function topicName(topic: string): string {
  return `topic ${topic}`
}

function objectName(key: string): string {
  return `object ${key}`
}

function refused(what: string): KbackupError {
  return new KbackupError('KB_INTERNAL', { message: `a commit ${what}`, hint: 'please report this' })
}
