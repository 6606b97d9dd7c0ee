import type { GroupOffset } from '../kafka/kafka-groups.ts'
import { assertFormat } from './archive-info.ts'
import type {
  CapturedGroup,
  CatalogEvent,
  Commit,
  CommitReference,
  EpochStart,
  Gap,
  GroupCapture,
  OffsetsTopicEnd,
  PartitionCut,
  Precondition,
  SectionEntry,
  VouchedBytes,
} from './commit.ts'
import { openJson, sealJson } from './json-object.ts'
import {
  checked,
  count,
  decimal,
  idText,
  int64,
  list,
  literal,
  nullable,
  object,
  offset,
  oneOf,
  readShape,
  record,
  type Shape,
  sha256Text,
  tagged,
  text,
  textLike,
  truth,
  wholeNumber,
} from './json-shape.ts'

const MAX_INT32 = 0x7fff_ffff
const int32 = wholeNumber(-1, MAX_INT32)
const partitionNumber = wholeNumber(0, MAX_INT32)
const topicName = textLike(/^[a-zA-Z0-9._-]{1,249}$/, 'the name of a topic')

const lineageFields = { topic: topicName, partition: partitionNumber, topicId: idText, lineage: partitionNumber }
const rangeFields = { startOffset: offset, nextOffset: offset }

const epochStart = object<EpochStart>({ leaderEpoch: int32, startOffset: offset })
const vouchedBytes = object<VouchedBytes>({ position: count, length: wholeNumber(1), sha256: sha256Text })

const sectionEntryShape = object<SectionEntry>({
  key: text,
  ...lineageFields,
  ...rangeFields,
  position: count,
  length: wholeNumber(1),
  sha256: sha256Text,
  codec: oneOf('zstd', 'lz4', 'none'),
  index: vouchedBytes,
  records: count,
  logBytes: count,
  largestBatchBytes: count,
  minTimestamp: nullable(int64),
  maxTimestamp: nullable(int64),
  leaderEpochs: list(epochStart),
})

function sectionFault(section: SectionEntry): string | undefined {
  const { index, minTimestamp, maxTimestamp } = section
  const end = section.position + section.length
  if (section.nextOffset <= section.startOffset) return 'has no offsets'
  if (!Number.isSafeInteger(end)) return 'ends beyond any object'
  if (index.position <= section.position || index.position + index.length !== end) return 'does not end in its index'
  if (BigInt(section.records) > section.nextOffset - section.startOffset) return 'has more records than offsets'
  if ((section.records === 0) !== (maxTimestamp === null))
    return 'has records without a time, or a time without records'
  if (minTimestamp !== null && (maxTimestamp === null || minTimestamp > maxTimestamp)) return 'has its times reversed'
  return undefined
}

export const sectionEntry: Shape<SectionEntry> = checked(sectionEntryShape, sectionFault)

export const gap: Shape<Gap> = checked(
  object<Gap>({
    ...lineageFields,
    ...rangeFields,
    reason: oneOf('retention', 'deleted-records', 'truncated', 'topic-recreated'),
  }),
  ({ startOffset, nextOffset }) => (nextOffset > startOffset ? undefined : 'has no offsets'),
)

export const partitionCut = object<PartitionCut>({
  ...lineageFields,
  nextOffset: offset,
  logStartOffset: int64,
  lastStableOffset: int64,
  highWatermark: int64,
  leaderEpoch: int32,
  observedAtMs: int64,
})

const groupOffset = object<GroupOffset>({
  topic: text,
  partition: partitionNumber,
  offset: int64,
  leaderEpoch: int32,
  metadata: nullable(text),
})

const capturedGroup = object<CapturedGroup>({
  groupId: text,
  type: text,
  protocolType: text,
  state: text,
  offsets: list(groupOffset),
})

const offsetsTopicEnd = object<OffsetsTopicEnd>({ partition: partitionNumber, highWatermark: int64 })

const groupCapture = object<GroupCapture>({
  startedAtMs: int64,
  observedAtMs: int64,
  offsetsTopicEnds: list(offsetsTopicEnd),
  groups: list(capturedGroup),
  unread: list(text),
})

export const catalogTopicFields = {
  topic: topicName,
  topicId: idText,
  partitionCount: partitionNumber,
  replicationFactor: int32,
  configs: record(text),
}

export const lineageReason = oneOf('first', 'topic-recreated', 'truncated')

const catalogEvent = tagged<CatalogEvent>({
  'topic-created': object({ type: literal('topic-created'), ...catalogTopicFields }),
  'topic-recreated': object({
    type: literal('topic-recreated'),
    previousTopicId: idText,
    ...catalogTopicFields,
  }),
  'topic-deleted': object({ type: literal('topic-deleted'), topic: topicName, topicId: idText }),
  'partitions-added': object({
    type: literal('partitions-added'),
    topic: topicName,
    topicId: idText,
    partitionCount: partitionNumber,
  }),
  'configs-changed': object({
    type: literal('configs-changed'),
    topic: topicName,
    topicId: idText,
    configs: record(text),
  }),
  'lineage-started': object({
    type: literal('lineage-started'),
    ...lineageFields,
    startOffset: offset,
    reason: lineageReason,
  }),
})

const precondition = tagged<Precondition>({
  'partition-at': object({
    type: literal('partition-at'),
    ...lineageFields,
    lineage: int32,
    nextOffset: decimal(-1n),
  }),
  'object-live': object({ type: literal('object-live'), key: text }),
  'topic-is': object({ type: literal('topic-is'), topic: topicName, topicId: nullable(idText) }),
})

const commit = object<Commit>({
  format: literal(1),
  archiveId: idText,
  sequence: wholeNumber(1),
  writerId: text,
  nonce: idText,
  previousSha256: nullable(sha256Text),
  committedAtMs: int64,
  unsafeSingleWriter: truth,
  preconditions: list(precondition),
  catalog: list(catalogEvent),
  sections: list(sectionEntry),
  gaps: list(gap),
  cuts: list(partitionCut),
  capture: nullable(groupCapture),
  drops: list(text),
})

export const commitReference = object<CommitReference>({ sequence: wholeNumber(1), sha256: sha256Text })

/** Reads the bytes of a commit; `KB_ARCHIVE_DAMAGED` names the key and the field that cannot be. */
export function readCommitObject(bytes: Buffer, key: string): Commit {
  const value = openJson(bytes, key)
  assertFormat(value, key)
  return readShape(commit, value, key)
}

/** The bytes of a commit as they stand on the store; the fields in the order of `docs/format.md`. */
export function writeCommitObject(content: Commit): Buffer {
  return sealJson(content)
}
