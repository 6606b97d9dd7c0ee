import { partitionName } from '../kafka/topic-partition.ts'
import type { PartitionOffset } from '../offsets/offset-map.ts'
import type { OffsetResetGroup, OffsetResetPlan } from './reset-plan.ts'

/** What a script is told beside its plan. */
export interface OffsetResetScriptOptions {
  /** As `host:port`; those that are listed where the script is run without `BOOTSTRAP_SERVERS` in its environment. */
  readonly bootstrapServers: readonly string[]
}

/**
 * A shell script that sets groups as a plan says, with `kafka-consumer-groups.sh`, for places where kbackup cannot go.
 *
 * It sets one position after the other, and stops at the first that fails: unlike a run it undoes nothing.
 */
export function offsetResetScript(plan: OffsetResetPlan, { bootstrapServers }: OffsetResetScriptOptions): string {
  return [
    '#!/bin/sh',
    `# Sets consumer groups to their positions in what restore ${comment(plan.restoreId)} of ${comment(plan.backupId)} restored.`,
    '# Stop their consumers first: kafka-consumer-groups.sh refuses groups that have members.',
    ...plan.faults.map((fault) => `# Now refused: ${comment(fault)}`),
    'set -eu',
    `BOOTSTRAP_SERVERS="\${BOOTSTRAP_SERVERS:-${bootstrapServers.map(address).join(',')}}"`,
    `KAFKA_CONSUMER_GROUPS="\${KAFKA_CONSUMER_GROUPS:-kafka-consumer-groups.sh}"`,
    ...plan.groups.flatMap(groupLines),
    '',
  ].join('\n')
}

const FROM_ENVIRONMENT = '"$KAFKA_CONSUMER_GROUPS" --bootstrap-server "$BOOTSTRAP_SERVERS"'

/**
 * The command that sets a group in one partition, for a shell.
 *
 * @param tool how `kafka-consumer-groups.sh` is called, with its brokers
 */
export function offsetResetCommand(
  tool: string,
  groupId: string,
  { topic, partition, offset }: PartitionOffset,
): string {
  return [
    tool,
    `--group ${quoted(groupId)}`,
    `--topic ${quoted(`${topic}:${partition}`)}`,
    `--reset-offsets --to-offset ${offset} --execute`,
  ].join(' \\\n  ')
}

function groupLines({ groupId, positions, targets }: OffsetResetGroup): readonly string[] {
  const unknown = positions.flatMap(({ source, translation }) =>
    translation.kind === 'unknown'
      ? [`# ${comment(partitionName(source))}: left as it is (${translation.reason})`]
      : [],
  )
  const set = targets.map((target) => offsetResetCommand(FROM_ENVIRONMENT, groupId, target))
  return ['', `# Group ${comment(groupId)}`, ...unknown, ...set]
}

/** A word that a shell takes as it stands. */
function quoted(word: string): string {
  return /^[A-Za-z0-9._:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** A journal may have been written by others. */
function address(server: string): string {
  return server.replaceAll(/[^A-Za-z0-9.:_[\]-]/g, '')
}

/** Group ids may hold line breaks, behind which a shell would read a command. */
function comment(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?')
}
