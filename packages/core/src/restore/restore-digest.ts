import { sha256Hex } from '../archive/json-object.ts'
import type { RestoreRequest } from './restore-request.ts'
import type { SelectedTopic } from './stream-selection.ts'

const DROPPING_GUARDS = ['retention', 'timestampRange', 'messageSize', 'nullKey'] as const

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
      window: [textOf(request.window.start), textOf(request.window.end)],
      drops: DROPPING_GUARDS.filter((guard) => request.guards[guard] === 'drop'),
      streams: streams.map(({ source, target }) => [
        [source.topic, source.topicId, source.partition, source.lineage],
        [target.topic, target.partition],
      ]),
    }),
  )
}

function textOf(time: bigint | null): string | null {
  return time === null ? null : time.toString()
}
