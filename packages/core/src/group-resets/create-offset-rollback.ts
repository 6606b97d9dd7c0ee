import { type Environment, systemEnvironment } from '../archive/environment.ts'
import { openArchive } from '../archive/open-archive.ts'
import { assertOptions } from '../config/assert-options.ts'
import { CALL_OPTIONS, CLUSTER_KIND, ENVIRONMENT_KIND, STORE_KIND } from '../config/common-options.ts'
import { type OptionKind, optionKinds } from '../config/option-kinds.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import { otherCluster } from '../restore/other-cluster.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { retryingBlobStore } from '../storage/retrying-blob-store.ts'
import { chooseGroupIds } from './group-choice.ts'
import { claimGroups } from './group-claim.ts'
import type { GroupSnapshot, TakenSnapshot } from './group-snapshot.ts'
import { runJournaledReset } from './journaled-reset.ts'
import { type RecoveredReset, recoverResets } from './recover-resets.ts'
import { readMaxConcurrent } from './reset-options.ts'
import { compareWithSnapshot, type SnapshotDifference } from './snapshot-differences.ts'
import { deleteSnapshot, readSnapshot, readSnapshots } from './snapshot-store.ts'
import { takeSnapshot } from './take-snapshot.ts'

/** Where snapshots of groups lie, and whose groups they are. */
export interface OffsetRollbackOptions {
  readonly storage: BlobStore
  /** The archive beside whose restores the snapshots lie. */
  readonly backupId: string
  /** The live cluster; `list`, `show` and `delete` do without. */
  readonly target?: KafkaCluster | undefined
  /** Groups set at the same time; 50 where absent. */
  readonly maxConcurrent?: number | undefined
  /** How long groups with members are waited for, in milliseconds; where absent they are refused at once. */
  readonly waitUntilEmptyMs?: number | undefined
  /** The clock, the randomness and the timers; those of the machine where absent. */
  readonly environment?: Environment | undefined
}

const { text, texts, number, required } = optionKinds

/** What each option may be. */
export const OFFSET_ROLLBACK_OPTIONS = {
  storage: required(STORE_KIND),
  backupId: required(text),
  target: CLUSTER_KIND,
  maxConcurrent: number,
  waitUntilEmptyMs: number,
  environment: ENVIRONMENT_KIND,
} satisfies Record<keyof OffsetRollbackOptions, OptionKind>

/** Which groups a snapshot is of. */
export interface TakeSnapshotOptions extends CallOptions {
  /** Names, globs or `~regex`; all groups of the cluster where absent. */
  readonly groups?: readonly string[] | undefined
  /** For people. */
  readonly description?: string | undefined
  /** One is made up where absent. */
  readonly snapshotId?: string | undefined
}

const TAKE_OPTIONS = {
  ...CALL_OPTIONS,
  groups: texts,
  description: text,
  snapshotId: text,
} satisfies Record<keyof TakeSnapshotOptions, OptionKind>

/** Which groups of a snapshot are meant. */
export interface SnapshotGroupsOptions extends CallOptions {
  /** Names, globs or `~regex`; all groups of the snapshot where absent. */
  readonly groups?: readonly string[] | undefined
}

const GROUPS_OPTIONS = { ...CALL_OPTIONS, groups: texts } satisfies Record<keyof SnapshotGroupsOptions, OptionKind>

/** What a rollback did. */
export interface OffsetRollbackResult {
  /** Under this id the archive has what stood there before; `null` where everything stood as in the snapshot. */
  readonly resetId: string | null
  readonly snapshot: GroupSnapshot
  /** The positions that were changed. */
  readonly changed: readonly SnapshotDifference[]
  /** Resets that had been cut short and were brought to their end first. */
  readonly recovered: readonly RecoveredReset[]
}

/** Snapshots of consumer groups' positions, to bring groups back to them. */
export interface OffsetRollback extends AsyncDisposable {
  /** Writes down where groups of the cluster stand now; consumers may go on meanwhile. */
  snapshot(options?: TakeSnapshotOptions): Promise<TakenSnapshot>
  /** Snapshots, and what resets found before they began; newest first. */
  list(options?: CallOptions): Promise<readonly GroupSnapshot[]>
  /** @throws KbackupError `KB_SNAPSHOT_NOT_FOUND` */
  show(snapshotId: string, options?: CallOptions): Promise<GroupSnapshot>
  /**
   * Sets groups back to a snapshot, absence included, all of them or none, as `createOffsetReset` does.
   *
   * @throws KbackupError `KB_SNAPSHOT_NOT_FOUND`; `KB_RESTORE_MISMATCH` where it is of another cluster;
   * `KB_GROUP_RESET_FAILED` where groups have members or cannot be set; `KB_RESTORE_FENCED` as `createOffsetReset`
   */
  rollback(snapshotId: string, options?: SnapshotGroupsOptions): Promise<OffsetRollbackResult>
  /** Where groups stand otherwise than in a snapshot; nothing where they stand alike. */
  verify(snapshotId: string, options?: SnapshotGroupsOptions): Promise<readonly SnapshotDifference[]>
  /** Deletes a snapshot, or what a reset found; `KB_USAGE` for a reset that was cut short. */
  delete(snapshotId: string, options?: CallOptions): Promise<void>
  /** Closes the target. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Keeps snapshots of where consumer groups stand in an archive, and brings groups back to them.
 *
 * @example
 * ```ts
 * import { createOffsetRollback } from '@kbackup/core'
 * import { kafka } from '@kbackup/kafka-io'
 * import { fs } from '@kbackup/storage-fs'
 *
 * await using positions = createOffsetRollback({
 *   storage: fs({ directory: './backups' }),
 *   backupId: 'payments',
 *   target: kafka({ brokers: ['localhost:9092'] }),
 * })
 * const { snapshotId } = await positions.snapshot({ groups: ['payment-*'] })
 * await positions.rollback(snapshotId)
 * ```
 */
export function createOffsetRollback(options: OffsetRollbackOptions): OffsetRollback {
  assertOptions('createOffsetRollback', options, OFFSET_ROLLBACK_OPTIONS)
  const parts = readParts(options)
  return {
    async snapshot(taking = {}) {
      assertOptions('snapshot', taking, TAKE_OPTIONS)
      const { groups, description, snapshotId, signal } = taking
      const place = await existing(parts, signal)
      return takeSnapshot({ ...place, cluster: clusterOf(parts), groups, description, snapshotId, signal })
    },
    async list(call = {}) {
      assertOptions('list', call, CALL_OPTIONS)
      return readSnapshots(await existing(parts, call.signal), call.signal)
    },
    async show(snapshotId, call = {}) {
      assertOptions('show', call, CALL_OPTIONS)
      return readSnapshot(await existing(parts, call.signal), snapshotId, call.signal)
    },
    async rollback(snapshotId, call = {}) {
      assertOptions('rollback', call, GROUPS_OPTIONS)
      return rollBack(parts, snapshotId, call)
    },
    async verify(snapshotId, call = {}) {
      assertOptions('verify', call, GROUPS_OPTIONS)
      const { snapshot, cluster } = await snapshotOf(parts, snapshotId, call.signal)
      const compared = { groupIds: chosen(snapshot, call), signal: call.signal }
      return (await compareWithSnapshot(cluster, snapshot, compared)).differences
    },
    async delete(snapshotId, call = {}) {
      assertOptions('delete', call, CALL_OPTIONS)
      await deleteSnapshot(await existing(parts, call.signal), snapshotId, call.signal)
    },
    async [Symbol.asyncDispose]() {
      await options.target?.close()
    },
  }
}

interface RollbackParts {
  readonly store: BlobStore
  readonly backupId: string
  readonly target: KafkaCluster | undefined
  readonly environment: Environment
  readonly concurrency: number
  readonly waitMs: number
}

function readParts(options: OffsetRollbackOptions): RollbackParts {
  const { storage, backupId, target, environment = systemEnvironment } = options
  return {
    store: retryingBlobStore(storage, { sleep: environment.sleep, random: environment.random }),
    backupId,
    target,
    environment,
    concurrency: readMaxConcurrent(options.maxConcurrent),
    waitMs: options.waitUntilEmptyMs ?? 0,
  }
}

/** An archive that is not there must not come to hold a lone snapshot. */
async function existing(parts: RollbackParts, signal: AbortSignal | undefined): Promise<RollbackParts> {
  await openArchive(parts.store, parts.backupId, { signal })
  return parts
}

function clusterOf({ target }: RollbackParts): KafkaCluster {
  if (target !== undefined) return target
  throw new KbackupError('KB_USAGE', {
    message: 'this takes a cluster, and there is none',
    hint: 'give target: kafka({ brokers: […] })',
  })
}

async function snapshotOf(parts: RollbackParts, snapshotId: string, signal: AbortSignal | undefined) {
  const cluster = clusterOf(parts)
  const snapshot = await readSnapshot(await existing(parts, signal), snapshotId, signal)
  const { clusterId } = await cluster.describeCluster({ signal })
  if (snapshot.clusterId === clusterId) return { snapshot, cluster }
  throw otherCluster({
    what: `snapshot ${snapshotId} is of`,
    meantClusterId: snapshot.clusterId,
    clusterId,
    consequence: 'its offsets mean nothing here',
  })
}

async function rollBack(
  parts: RollbackParts,
  snapshotId: string,
  call: SnapshotGroupsOptions,
): Promise<OffsetRollbackResult> {
  const { signal } = call
  const { snapshot, cluster } = await snapshotOf(parts, snapshotId, signal)
  const claiming = { ...parts, cluster, clusterId: snapshot.clusterId, signal }
  const writing = { ...claiming, claim: await claimGroups(claiming) }
  const recovered = await recoverResets(writing)
  const compared = await compareWithSnapshot(cluster, snapshot, { groupIds: chosen(snapshot, call), signal })
  const origin = { kind: 'snapshot', id: snapshotId } as const
  const { resetId, error } = await runJournaledReset({ ...writing, groups: compared.resets, origin })
  if (error !== null) throw error
  return { resetId, snapshot, changed: compared.differences, recovered }
}

function chosen({ snapshotId, groups }: GroupSnapshot, { groups: asked }: SnapshotGroupsOptions): readonly string[] {
  const known = groups.map(({ groupId }) => groupId)
  return chooseGroupIds(asked, known, `the snapshot ${snapshotId}`)
}
