import type { TopicState } from '../archive/archive-state.ts'
import { type ArchiveView, type OpenArchiveOptions, openArchive as openView } from '../archive/open-archive.ts'
import { type RestorableRange, restorableRange } from '../backup/restorable-range.ts'
import { assertOptions } from '../config/assert-options.ts'
import { CALL_OPTIONS, COMMIT_REFERENCE_KIND, STORE_KIND } from '../config/common-options.ts'
import { type Instant, instantToMs } from '../config/instant.ts'
import { type OptionKind, optionKinds } from '../config/option-kinds.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import type { KafkaRecord } from '../kafka/kafka-record.ts'
import { archivedGroupPositions } from '../offsets/archived-group-positions.ts'
import type { GroupPositions } from '../offsets/group-positions.ts'
import type { OffsetMap } from '../offsets/offset-map.ts'
import { readStoredMap } from '../offsets/stored-offset-map.ts'
import { type ArchivePlace, journaledWindow, readRestoreHistory } from '../restore/restore-history.ts'
import { archivedDataTopics } from '../restore/source-selection.ts'
import type { TimeWindow } from '../restore/time-window.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { retryingBlobStore } from '../storage/retrying-blob-store.ts'
import { type VerifyOptions, type VerifyReport, verifyArchive } from '../verify/verify-archive.ts'
import { type ArchiveRecordsOptions, archiveRecords, RECORDS_OPTIONS } from './archive-records.ts'

const PLACE_OPTIONS = { storage: optionKinds.required(STORE_KIND), backupId: optionKinds.required(optionKinds.text) }

const OPEN_OPTIONS = {
  ...CALL_OPTIONS,
  commit: optionKinds.number,
  expect: COMMIT_REFERENCE_KIND,
} satisfies Record<keyof OpenArchiveOptions, OptionKind>

/** Which groups are asked for, and when. */
export interface ArchiveGroupsOptions extends CallOptions {
  /** The newest moment that the archive knows where absent. */
  readonly at?: Instant | undefined
  /** All groups where absent. */
  readonly groupIds?: readonly string[] | undefined
}

const GROUPS_OPTIONS = {
  ...CALL_OPTIONS,
  at: optionKinds.anything,
  groupIds: optionKinds.texts,
} satisfies Record<keyof ArchiveGroupsOptions, OptionKind>

/** A restore that was begun. */
export interface ArchivedRestore {
  readonly restoreId: string
  /** Whether it came to its end; one that did not is gone on with by running it again. */
  readonly finished: boolean
  readonly startedAtMs: bigint
  /** Record timestamps in epoch milliseconds, both inclusive; `null` where it has no bound. */
  readonly window: TimeWindow
  readonly targetClusterId: string
  /** The brokers of that cluster, as `host:port`, as they advertised themselves. */
  readonly targetBrokers: readonly string[]
}

/**
 * An archive as of one commit, to look into without Kafka.
 *
 * It does not change: what others commit later is seen by opening the archive again.
 */
export interface Archive extends ArchiveView {
  /** The moments to which it can be restored. */
  readonly restorableRange: RestorableRange
  /** The topics, by name; internal ones are not among them. */
  topics(): readonly TopicState[]
  /** Where consumer groups were at a moment, and how well that is known. */
  groups(options?: ArchiveGroupsOptions): Promise<GroupPositions>
  /**
   * Reads records, partition by partition, each in the order of its offsets.
   *
   * @throws KbackupError `KB_ARCHIVE_DAMAGED` rather than a wrong record; `KB_TOPIC_NOT_FOUND`, `KB_NO_TOPICS_MATCHED`
   */
  records(options?: ArchiveRecordsOptions): AsyncIterable<KafkaRecord>
  /** The restores of the archive that were begun, newest first, as their journals tell of them now. */
  restores(options?: CallOptions): Promise<readonly ArchivedRestore[]>
  /** Verifies the archive as it stands on the store now, all of its commits. */
  verify(options: VerifyOptions): Promise<VerifyReport>
  /**
   * Where each record of a restore stands in its target.
   *
   * @throws KbackupError `KB_RESTORE_NOT_FOUND` where no restore of that id has come so far
   */
  offsetMap(restoreId: string, options?: CallOptions): Promise<OffsetMap>
}

/**
 * Opens an archive for reading, as of its newest commit or the one that is asked for.
 *
 * @throws KbackupError `KB_ARCHIVE_NOT_FOUND` only where the store says explicitly that there is none; `KB_COMMIT_MISSING`,
 * `KB_ARCHIVE_DAMAGED`, `KB_ARCHIVE_FORMAT`
 *
 * @example
 * ```ts
 * import { openArchive } from '@kbackup/core'
 * import { fs } from '@kbackup/storage-fs'
 *
 * const archive = await openArchive(fs({ directory: './backups' }), 'payments')
 * for await (const record of archive.records({ topics: ['payments.captured'] })) console.log(record.offset, record.key)
 * ```
 */
export async function openArchive(
  storage: BlobStore,
  backupId: string,
  options: OpenArchiveOptions = {},
): Promise<Archive> {
  assertOptions('openArchive', { storage, backupId }, PLACE_OPTIONS)
  assertOptions('openArchive', options, OPEN_OPTIONS)
  const store = retryingBlobStore(storage)
  const view = await openView(store, backupId, options)
  return {
    ...view,
    readCommit: (sequence, call) => view.readCommit(sequence, call),
    readCapture: (reference, call) => view.readCapture(reference, call),
    restorableRange: restorableRange(view.state),
    topics: () => archivedDataTopics(view.state),
    async groups(asked = {}) {
      assertOptions('groups', asked, GROUPS_OPTIONS)
      const { at, groupIds, signal } = asked
      const atMs = at === undefined ? undefined : instantToMs(at, 'at')
      return archivedGroupPositions(view, { store, atMs, groupIds, signal })
    },
    records(reading = {}) {
      assertOptions('records', reading, RECORDS_OPTIONS)
      return archiveRecords({ store, view }, reading)
    },
    async restores(call = {}) {
      assertOptions('restores', call, CALL_OPTIONS)
      return archivedRestores({ store, backupId }, call.signal)
    },
    verify: (verifying) => verifyArchive(store, backupId, verifying),
    async offsetMap(restoreId, call = {}) {
      assertOptions('offsetMap', call, CALL_OPTIONS)
      return readStoredMap({ store, backupId }, restoreId, call.signal)
    },
  }
}

async function archivedRestores(
  place: ArchivePlace,
  signal: AbortSignal | undefined,
): Promise<readonly ArchivedRestore[]> {
  const known = await readRestoreHistory(place, signal)
  return known.map((restore) => ({
    restoreId: restore.restoreId,
    finished: restore.isFinished,
    startedAtMs: restore.begin.startedAtMs,
    window: journaledWindow(restore.begin),
    targetClusterId: restore.begin.identity.targetClusterId,
    targetBrokers: restore.begin.targetBrokers,
  }))
}
