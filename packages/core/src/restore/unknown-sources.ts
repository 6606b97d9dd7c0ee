import type { ArchiveState, TopicState } from '../archive/archive-state.ts'
import { topicsNotFound } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RestoreRequest } from './restore-request.ts'
import { archivedDataTopics } from './source-selection.ts'
import type { SelectedTopic } from './stream-selection.ts'

const SHOWN_TOPICS = 3

/** Partitions that options name one by one, of the topics that they are about. */
export interface NamedPartitions {
  readonly partitions: readonly number[]
  readonly matches: (topic: string) => boolean
  /** What is to be done with them, as a participle: `restored`. */
  readonly verb: string
}

type NamedSources = Pick<RestoreRequest, 'backupId' | 'renamed' | 'namedPartitions'>

/**
 * Refuses names of topics and numbers of partitions that the archive does not have: a topic whose mapping is misspelt would
 * be restored under its own name, over what stands there.
 *
 * @param selected the topics that are restored
 * @throws KbackupError `KB_TOPIC_NOT_FOUND`; `KB_CONFIG_INVALID` for a partition
 */
export function assertKnownSources(
  state: ArchiveState,
  selected: readonly SelectedTopic[],
  { backupId, renamed, namedPartitions }: NamedSources,
): void {
  const archived = archivedDataTopics(state)
  const names = new Set(archived.map(({ topic }) => topic))
  const missing = renamed.filter((topic) => !names.has(topic))
  if (missing.length > 0)
    throw topicsNotFound(missing, archived, { where: `the archive ${backupId}`, use: 'is to be renamed' })
  const topics = selected.map(({ source }) => source.topic)
  for (const named of namedPartitions) assertPartitions(topics, named)
}

function assertPartitions(selected: readonly TopicState[], { partitions, matches, verb }: NamedPartitions): void {
  const topics = selected.filter(({ topic }) => matches(topic))
  const partitionCount = topics.reduce((most, topic) => Math.max(most, topic.partitionCount), 0)
  const unknown = partitions.filter((partition) => partition >= partitionCount)
  if (topics.length === 0 || unknown.length === 0) return
  const names = topics.map(({ topic }) => topic)
  const shown = names.slice(0, SHOWN_TOPICS).join(', ')
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `partition ${unknown.join(', ')} is to be ${verb}, and none of the topics has it: ${shown}${names.length > SHOWN_TOPICS ? ', …' : ''}`,
    hint: `they have partitions 0 to ${partitionCount - 1} at most; check the number`,
    details: { partitions: unknown, topics: names },
  })
}
