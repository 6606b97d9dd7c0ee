import { KbackupError } from '../errors/kbackup-error.ts'
import type { RunWarning } from '../events/run-warning.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { GroupListing, GroupOffsets } from '../kafka/kafka-groups.ts'
import { groupWarning } from './group-warning.ts'

/** The groups of a source, as far as they could be learned. */
export interface ListedGroups {
  readonly listed: readonly GroupListing[]
  /** Groups that are known from before, and are not listed, though nothing shows that they are gone. */
  readonly unread: readonly string[]
  /** Whether the coordinators of all groups were there. */
  readonly isComplete: boolean
  readonly warnings: readonly RunWarning[]
}

/**
 * Lists groups, and asks after those that are known from before and not among them.
 *
 * A listing keeps silent about groups that may not be seen any more and, for a client that may not ask coordinators about
 * groups of others, about those whose coordinator is not there.
 */
export async function listKnownGroups(
  source: KafkaCluster,
  { known, ...options }: CallOptions & { readonly known: readonly string[] },
): Promise<ListedGroups> {
  const found = await listGroups(source, options)
  const missing = unlisted(known, found.listed)
  // Coordinators that were waited for once would be waited for again.
  if (!found.isComplete || missing.length === 0) return { ...found, unread: missing }
  const { listed, warnings, ...rest } = await askAfter(source, missing, options)
  return { ...rest, listed: [...found.listed, ...listed], warnings: [...found.warnings, ...warnings] }
}

/** Groups whose coordinator is not there are no reason to leave the data without a backup. */
async function listGroups(source: KafkaCluster, options: CallOptions): Promise<Omit<ListedGroups, 'unread'>> {
  try {
    return { listed: await source.listGroups(options), isComplete: true, warnings: [] }
  } catch (error) {
    if (!KbackupError.is(error, 'KB_KAFKA_UNAVAILABLE')) throw error
    const { message, hint, details } = error
    const warnings: readonly RunWarning[] = [{ code: 'KB_WARNING_GROUP', message, hint, details }]
    return { listed: await source.listGroups({ ...options, allowMissing: true }), isComplete: false, warnings }
  }
}

function unlisted(groupIds: readonly string[], listed: readonly GroupListing[]): readonly string[] {
  const names = new Set(listed.map(({ groupId }) => groupId))
  return groupIds.filter((groupId) => !names.has(groupId))
}

/** A group that is gone has no positions; one that has some is listed now, since its coordinator has answered. */
async function askAfter(source: KafkaCluster, missing: readonly string[], options: CallOptions): Promise<ListedGroups> {
  const answers = await source.fetchGroupOffsets(missing, options)
  const failed = answers.filter(({ error }) => error !== undefined)
  const present = answers.filter(({ error, offsets }) => error === undefined && offsets.length > 0).map(idOf)
  const all = present.length === 0 ? [] : await source.listGroups({ ...options, allowMissing: true })
  const listed = all.filter(({ groupId }) => present.includes(groupId))
  return {
    listed,
    unread: [...failed.map(idOf), ...unlisted(present, listed)],
    isComplete: failed.every(({ error }) => error?.retriable !== true),
    warnings: failed.flatMap(groupWarning),
  }
}

function idOf({ groupId }: GroupOffsets): string {
  return groupId
}
