import { sha256Hex } from '../archive/json-object.ts'
import type { PartitionSelection } from './partition-selection.ts'
import type { RestoreRequest } from './restore-request.ts'
import type { RecordFilter } from './restore-stream.ts'
import type { SelectedTopic } from './stream-selection.ts'

const DROPPING_GUARDS = ['retention', 'timestampRange', 'messageSize', 'nullKey', 'copies'] as const

/**
 * What decides which records go where, as a digest: a restore that goes on must have the same.
 *
 * What only decides whether it may run at all, or how fast, is not part of it.
 */
export function requestDigest(request: RestoreRequest, selected: readonly SelectedTopic[]): string {
  const streams = selected.flatMap(({ streams }) => streams)
  return sha256Hex(
    JSON.stringify({
      version: 1,
      backupId: request.backupId,
      drops: DROPPING_GUARDS.filter((guard) => request.guards[guard] === 'drop'),
      keys: request.keyRouting.identity,
      transform: request.transform?.version ?? null,
      ...(request.originalHeaders ? { originalHeaders: true } : {}),
      ...(request.existingTopics === 'only-missing' ? { onlyMissing: true } : {}),
      streams: streams.map(({ source, target, filter }) => [
        [source.topic, source.topicId, source.partition, source.lineage],
        [target.topic, target.partition],
        selectionText(request.selectionOf(source.topic, source.partition), filter),
      ]),
    }),
  )
}

function selectionText(selection: PartitionSelection | null, { window }: RecordFilter): readonly (string | null)[] {
  const { startOffset = null, nextOffset = null } = selection ?? {}
  return [window.start, window.end, startOffset, nextOffset].map(textOf)
}

function textOf(value: bigint | null): string | null {
  return value === null ? null : value.toString()
}
