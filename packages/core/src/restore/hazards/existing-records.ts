import { groupedCount } from '../../text/grouped-count.ts'
import type { KnownRestore } from '../restore-history.ts'
import { restoreText } from '../restore-history.ts'
import type { ExistingTopics } from '../restore-options.ts'
import type { Hazard } from '../restore-plan.ts'
import { offsetSpan } from '../target-topic.ts'
import type { TopicTarget } from '../topic-target.ts'
import { type HazardFinding, NO_FINDING } from './hazard-finding.ts'
import { advice, optionRemedies, type Remedy } from './remedy.ts'

/** A restore that wrote to a target topic before. */
export interface EarlierRestore extends KnownRestore {
  /** Whether it was told the same, perhaps of an archive that has grown since. */
  readonly isSame: boolean
}

export interface ExistingRecordsQuestion {
  readonly existingTopics: ExistingTopics
  /** Whether the restore goes on, and may have produced records already: these do not count. */
  readonly hasProduced: boolean
  /** Newest first. */
  readonly earlier: readonly EarlierRestore[]
}

/** Whether records are there that a restore would mix its own with. */
export function mayMixRecords(
  { existing }: Pick<TopicTarget, 'existing'>,
  { existingTopics, hasProduced }: Pick<ExistingRecordsQuestion, 'existingTopics' | 'hasProduced'>,
): boolean {
  if (existing === null || hasProduced || offsetSpan(existing) === 0n) return false
  return existingTopics === 'fail' || existingTopics === 'append'
}

/**
 * Whether the restore would mix its records with others. It blocks where nothing was said about them; it warns where they
 * are appended to, and are the same records.
 */
export function findExistingRecords(topic: TopicTarget, question: ExistingRecordsQuestion): HazardFinding {
  if (!mayMixRecords(topic, question)) return NO_FINDING
  const blocks = question.existingTopics === 'fail'
  const earlier = question.earlier.filter(({ begin }) => begin.topics.some((each) => each.topic === topic.target))
  if (blocks || earlier.some(({ isSame }) => isSame)) return { holds: [], hazards: [hazardOf(topic, earlier, blocks)] }
  return NO_FINDING
}

function hazardOf({ target, existing }: TopicTarget, earlier: readonly EarlierRestore[], blocks: boolean): Hazard {
  const records = existing === null ? 0n : offsetSpan(existing)
  const remedies = remediesFor(earlier)
  return {
    code: 'KB_HAZARD_TARGET_HAS_RECORDS',
    blocks,
    message: `target topic ${target} holds up to ${groupedCount(records)} records${writersText(earlier)}`,
    remedies,
    details: { topic: target, records, restores: earlier.map(({ restoreId }) => restoreId) },
  }
}

function writersText(earlier: readonly EarlierRestore[]): string {
  const [newest] = earlier
  if (newest === undefined) return ''
  const others = earlier.length > 1 ? `, as ${earlier.length - 1} before it did` : ''
  const same = newest.isSame ? ': it was told the same as this one' : ''
  return `; ${restoreText(newest)} wrote there${others}${same}`
}

/** What deletes nothing comes first. */
function remediesFor([newest]: readonly EarlierRestore[]): readonly Remedy[] {
  return [
    { option: 'rename', value: null, text: 'restore under another name', isDestructive: false },
    ...(newest === undefined ? [] : [goOnWith(newest)]),
    ...optionRemedies('existingTopics', {
      'only-missing': 'restores those records that are not there',
      append: 'puts the records after those that are there',
    }),
    ...optionRemedies('existingTopics', {
      purge: 'deletes all records that are there',
      recreate: 'deletes the topic and makes it anew',
    }).map((remedy) => ({ ...remedy, isDestructive: true })),
  ]
}

function goOnWith({ restoreId, isFinished, isSame }: EarlierRestore): Remedy {
  if (!isFinished) {
    const text = 'goes on with that restore; run it with the options that it was begun with'
    return { option: 'restoreId', value: restoreId, text, isDestructive: false }
  }
  return advice(
    isSame
      ? `nothing, if the records of ${restoreId} are what is wanted: it has written all of them`
      : `nothing, if the records of ${restoreId} are what is wanted`,
  )
}
