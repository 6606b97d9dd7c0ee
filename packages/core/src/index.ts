export { type Archive, type ArchivedRestore, type ArchiveGroupsOptions, openArchive } from './access/archive.ts'
export type { ArchiveRecordsOptions } from './access/archive-records.ts'
export type { ArchiveInfo } from './archive/archive-info.ts'
export type * from './archive/archive-state.ts'
export type * from './archive/commit.ts'
export type { Environment } from './archive/environment.ts'
export type { ArchiveView, OpenArchiveOptions } from './archive/open-archive.ts'
export { type RecordTimes, recordTimes } from './archive/record-times.ts'
export { singleWriterNotes } from './archive/single-writer-note.ts'
export type { BackupOptions } from './backup/backup-options.ts'
export type { BackupPlan, BackupPlanFacts, PartitionBackupPlan, TopicBackupPlan } from './backup/backup-plan.ts'
export type {
  BackupGroupsResult,
  BackupPartitionResult,
  BackupResult,
  BackupTopicResult,
} from './backup/backup-result.ts'
export type { BackupStatus } from './backup/backup-status.ts'
export { type Backup, createBackup, type RunBackupOptions } from './backup/create-backup.ts'
export type { OffsetsTopicOutcome } from './backup/offsets-topic-outcome.ts'
export { type RestorableRange, restorableRange } from './backup/restorable-range.ts'
export { type BatchProducer, encodeBatch, type FinishBatchOptions } from './batch/batch-builder.ts'
export { BATCH_CODECS, type BatchCodec, type BatchCompression } from './batch/batch-codec.ts'
export type { BatchPayloadOptions } from './batch/batch-payload.ts'
export { decodeRecords, encodeRecord, type RawRecord } from './batch/batch-records.ts'
export { assertBatchChecksum, type ReadBatchesOptions, type RecordBatch, readBatches } from './batch/record-batch.ts'
export type {
  CleanupPlan,
  CleanupPlanFacts,
  LeftObject,
  LeftReason,
  SparedReason,
  StandingPin,
} from './cleanup/cleanup-plan.ts'
export type { CleanupFacts, CleanupResult } from './cleanup/cleanup-run.ts'
export type { CleanupOptions } from './cleanup/cleanup-settings.ts'
export { type Cleanup, createCleanup } from './cleanup/create-cleanup.ts'
export { assertOptions } from './config/assert-options.ts'
export { closeNames } from './config/close-names.ts'
export { type Instant, instantToMs } from './config/instant.ts'
export { type OptionKind, type OptionTable, optionKinds } from './config/option-kinds.ts'
export {
  type SelectableTopic,
  type SelectedTopics,
  selectTopics,
  type TopicSelection,
  type TopicSelectionOptions,
} from './config/topic-selection.ts'
export { ERROR_CODES, type ErrorCode, type ErrorCodeFacts } from './errors/error-codes.ts'
export { type ErrorDetail, KbackupError, type KbackupErrorOptions } from './errors/kbackup-error.ts'
export type { Logger } from './events/logger.ts'
export type * from './events/run-event.ts'
export type { RunProgress } from './events/run-progress.ts'
export { type RunWarning, WARNING_CODES, type WarningCode } from './events/run-warning.ts'
export {
  createOffsetReset,
  type OffsetReset,
  type OffsetResetEvent,
  type RunOffsetResetOptions,
} from './group-resets/create-offset-reset.ts'
export {
  createOffsetRollback,
  type OffsetRollback,
  type OffsetRollbackOptions,
  type OffsetRollbackResult,
  type SnapshotGroupsOptions,
  type TakeSnapshotOptions,
} from './group-resets/create-offset-rollback.ts'
export { chooseGroupIds } from './group-resets/group-choice.ts'
export type { GroupSnapshot, GroupSnapshotGroup, TakenSnapshot } from './group-resets/group-snapshot.ts'
export { chooseGroupsAt, type GroupsMoment, noPositionsAt } from './group-resets/groups-at-moment.ts'
export type { RecoveredReset } from './group-resets/recover-resets.ts'
export type { ResetGroupEnd } from './group-resets/reset-entries.ts'
export type { OffsetResetOptions, RestoredSelection } from './group-resets/reset-options.ts'
export type {
  OffsetResetGroup,
  OffsetResetGroupResult,
  OffsetResetPlan,
  OffsetResetPlanFacts,
  OffsetResetResult,
  PlannedPosition,
} from './group-resets/reset-plan.ts'
export { type OffsetResetScriptOptions, offsetResetCommand, offsetResetScript } from './group-resets/reset-script.ts'
export type { SnapshotDifference } from './group-resets/snapshot-differences.ts'
export { numberAt, textAt, valueAt } from './json/value-at.ts'
export type { CallOptions, KafkaCluster, ListGroupsOptions } from './kafka/kafka-cluster.ts'
export type * from './kafka/kafka-data.ts'
export type * from './kafka/kafka-groups.ts'
export type * from './kafka/kafka-record.ts'
export type * from './kafka/kafka-topics.ts'
export type { ProtocolError } from './kafka/protocol-error.ts'
export { comparePartitions, partitionName, type TopicPartition } from './kafka/topic-partition.ts'
export type { RateClock } from './memory/byte-rate.ts'
export { onAbort } from './memory/on-abort.ts'
export { pause } from './memory/pause.ts'
export type { CopiedRun } from './offsets/copied-run.ts'
export type {
  GroupPositionAt,
  GroupPositions,
  PositionObservation,
  PositionSource,
} from './offsets/group-positions.ts'
export type { GroupResetOutcome } from './offsets/group-reset.ts'
export type {
  OffsetMap,
  OffsetMapStream,
  OffsetRange,
  OffsetTranslation,
  PartitionOffset,
  UnknownReason,
} from './offsets/offset-map.ts'
export type { OffsetRun } from './offsets/offset-run-list.ts'
export { offsetsTopicPartition } from './offsets/offsets-topic-partition.ts'
export { OFFSETS_TOPIC } from './offsets/offsets-topic-record.ts'
export { POSITION_KINDS } from './offsets/position-kinds.ts'
export { readOffsetMap } from './offsets/read-offset-map.ts'
export type { TranslatedPosition } from './offsets/translated-positions.ts'
export type { CheckpointFile, CheckpointOptions } from './restore/checkpoint/checkpoint-options.ts'
export { createRestore, type Restore, type RunRestoreOptions } from './restore/create-restore.ts'
export type { GroupPositionRestore, GroupRestoreOutcome, GroupRestoreReport } from './restore/group-restore.ts'
export type { GroupStrategy } from './restore/group-strategies/group-strategy.ts'
export { type Remedy, type RemedyOption, remedyText } from './restore/hazards/remedy.ts'
export type { HeldSettingReport } from './restore/held-settings.ts'
export type { SettingHold, TopicPreparation } from './restore/journal-entries.ts'
export type { KeyPartitioner, RepartitionOptions } from './restore/key-routing.ts'
export type { TargetPosition } from './restore/merged-positions.ts'
export type { RestoreTopic, WindowOptions } from './restore/partition-selection.ts'
export { positionsMoment } from './restore/plan-groups-text.ts'
export { planText } from './restore/plan-text.ts'
export type { ReadCounts } from './restore/read-counters.ts'
export type { RecordTransform, TransformResult } from './restore/record-transform.ts'
export type { ExistingTopics, RestoreGuards, RestoreOptions, RestoreTopics } from './restore/restore-options.ts'
export {
  type GroupPlan,
  type GroupPositionPlan,
  type Hazard,
  type HazardCode,
  inexactPositions,
  type RestorePlan,
  type RestorePlanFacts,
  type TopicPlan,
} from './restore/restore-plan.ts'
export type { RestoreReceipt, StreamReceipt } from './restore/restore-receipt.ts'
export {
  type HeldRestoreOptions,
  type HeldSettingsReport,
  releaseRestore,
  undoRestore,
} from './restore/settled-restore.ts'
export type { TimeWindow } from './restore/time-window.ts'
export type { DifferenceCounts, RecordDifference } from './restore/verification/record-comparison.ts'
export type { ProofDepth, RestoreProof } from './restore/verification/restore-proof.ts'
export type { StreamProof } from './restore/verification/stream-proof.ts'
export type { RestoreVerification } from './restore/verification/verify-restore.ts'
export { type BlobBody, blobBodyBytes, blobBodyChunks, untilAborted } from './storage/blob-body.ts'
export {
  assertByteRange,
  type BlobRangeMiss,
  blobExists,
  blobNotFound,
  blobRangeError,
  isUnknownOutcome,
} from './storage/blob-error.ts'
export type * from './storage/blob-store.ts'
export { ForeignAnswer, type ForeignAnswerFacts, isWebPage, tellsService } from './storage/foreign-answer.ts'
export {
  assertBlobKey,
  assertBlobPrefix,
  compareBlobKeys,
  isBlobKey,
  MAX_KEY_BYTES,
  MAX_KEY_SEGMENT_BYTES,
} from './storage/keys.ts'
export { type LimitedBlobStoreOptions, limitedBlobStore } from './storage/limited-blob-store.ts'
export { networkFailure } from './storage/network-failure.ts'
export { type ObjectBlobStoreOptions, objectBlobStore } from './storage/object-blob-store.ts'
export type * from './storage/object-service.ts'
export { objectStoreOptions } from './storage/object-store-options.ts'
export {
  type BlobCall,
  type ObservedBlobStoreOptions,
  observedBlobStore,
} from './storage/observed-blob-store.ts'
export { type PacedBlobStoreOptions, pacedBlobStore } from './storage/paced-blob-store.ts'
export type { RetryPolicy } from './storage/retry-policy.ts'
export { type BlobRetry, type RetryingBlobStoreOptions, retryingBlobStore } from './storage/retrying-blob-store.ts'
export {
  type ContentRange,
  contentRange,
  retryAfterMs,
  type ServiceCall,
  type ServiceFailure,
  type StoreErrorCode,
  serviceError,
  statusCode,
} from './storage/service-failure.ts'
export { type SilenceLimits, silenceLimits } from './storage/silence-limits.ts'
export type { StoreFact } from './storage/store-fact.ts'
export type * from './storage/unfinished-uploads.ts'
export type { Finding, FindingKind } from './verify/finding.ts'
export type { VerifyDepth, VerifyProgress } from './verify/verification.ts'
export { type VerifyOptions, type VerifyReport, verifyArchive } from './verify/verify-archive.ts'
