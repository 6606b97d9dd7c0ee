import { KbackupError } from '../errors/kbackup-error.ts'
import type { TopicPreparation } from './journal-entries.ts'
import type { PlannedTopic } from './topic-planning.ts'
import type { JournaledRestore } from './unfinished-restores.ts'

/**
 * Target topics that somebody has deleted since the restore began to produce to them, as they are to be created anew: their
 * records are found to be missing, and are produced again.
 *
 * @throws KbackupError `KB_TOPIC_NOT_FOUND` where the topic was there before the restore: what it held is not in the archive
 */
export function lostTopics(
  planned: readonly Pick<PlannedTopic, 'topic'>[],
  { restoreId, begin }: Pick<JournaledRestore, 'restoreId' | 'begin'>,
): readonly TopicPreparation[] {
  const gone = new Set(planned.filter(({ topic }) => topic.existing === null).map(({ topic }) => topic.target))
  const lost = begin.topics.filter(({ topic }) => gone.has(topic))
  for (const { topic, action } of lost) if (action === 'use' || action === 'purge') throw notOurs(topic, restoreId)
  return lost.map((preparation) => ({ ...preparation, action: 'create' }))
}

function notOurs(topic: string, restoreId: string): KbackupError {
  return new KbackupError('KB_TOPIC_NOT_FOUND', {
    message: `target topic ${topic} was deleted since restore ${restoreId} began, which had not created it`,
    hint: 'begin a new restore with startNew: it creates the topic as it was archived',
    details: { topic, restoreId },
  })
}
