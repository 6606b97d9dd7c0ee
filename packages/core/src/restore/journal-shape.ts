import {
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
  record,
  type Shape,
  sha256Text,
  tagged,
  text,
  truth,
  wholeNumber,
} from '../archive/json-shape.ts'
import type { GroupOffset } from '../kafka/kafka-groups.ts'
import type {
  GroupBefore,
  JournalEntry,
  JournaledRules,
  JournaledStream,
  RestoredRun,
  RestoreIdentity,
  SettingHold,
  StreamCheckpoint,
  TopicPreparation,
} from './journal-entries.ts'
import type { StreamAnchor } from './restore-stream.ts'

const partition = wholeNumber(0, 0x7fff_ffff)
const topicPartition = object({ topic: text, partition })
const position = decimal(-1n)

const identity: Shape<RestoreIdentity> = object<RestoreIdentity>({
  backupId: text,
  archiveId: idText,
  targetClusterId: text,
  requestDigest: sha256Text,
  commit: object({ sequence: wholeNumber(1), sha256: sha256Text }),
})

const hold: Shape<SettingHold> = object<SettingHold>({
  setting: text,
  heldValue: text,
  previousValue: nullable(text),
  until: oneOf('end', 'release'),
})

const preparation: Shape<TopicPreparation> = object<TopicPreparation>({
  topic: text,
  topicId: nullable(idText),
  action: oneOf('create', 'recreate', 'purge', 'use'),
  partitionCount: wholeNumber(1),
  replicationFactor: wholeNumber(-1, 0x7fff),
  configs: record(text),
  holds: list(hold),
})

const stream: Shape<JournaledStream> = object<JournaledStream>({
  source: object({ topic: text, partition, topicId: idText, lineage: count }),
  target: topicPartition,
  filter: object({
    window: object({ start: nullable(int64), end: nullable(int64) }),
    dropAboveBytes: nullable(wholeNumber(1)),
    dropNullKeys: truth,
    dropCopies: list(
      object({
        copyFirst: offset,
        count: wholeNumber(1),
        originalFirst: offset,
        appendedAtMs: int64,
        producerId: int64,
      }),
    ),
  }),
  offsets: object({ startOffset: nullable(offset), nextOffset: nullable(offset) }),
})

const rules: Shape<JournaledRules> = object<JournaledRules>({
  keys: nullable(list(text)),
  repartition: nullable(object({ partitionCount: wholeNumber(1), version: text })),
  transformVersion: nullable(text),
  originalHeaders: truth,
  mayRemove: truth,
  mayOverwriteTimes: truth,
})

const run: Shape<RestoredRun> = object<RestoredRun>({ sourceFirst: offset, count: wholeNumber(1), targetFirst: offset })

const anchor: Shape<StreamAnchor> = object<StreamAnchor>({
  producer: object({ producerId: offset, producerEpoch: wholeNumber(0, 0x7fff) }),
  targetStartOffset: offset,
  present: list(run),
})

const checkpoint: Shape<StreamCheckpoint> = object<StreamCheckpoint>({
  stream: count,
  ackedOrdinals: count,
  nextSourceOffset: offset,
  nextPart: count,
  nextTargetOffset: offset,
  done: truth,
  startsOver: truth,
  runs: list(run),
})

const groupOffset: Shape<GroupOffset> = object<GroupOffset>({
  topic: text,
  partition,
  offset: position,
  leaderEpoch: wholeNumber(-1, 0x7fff_ffff),
  metadata: nullable(text),
})

const groupBefore: Shape<GroupBefore> = object<GroupBefore>({ groupId: text, offsets: list(groupOffset) })

/** An entry of a restore's journal, strictly. */
export const journalEntry: Shape<JournalEntry> = tagged<JournalEntry>({
  begin: object({
    type: literal('begin'),
    restoreId: text,
    identity,
    targetBrokers: list(text),
    startedAtMs: int64,
    topics: list(preparation),
    streams: list(stream),
    rules,
  }),
  resume: object({ type: literal('resume'), processNonce: text, resumedAtMs: int64 }),
  prepared: object({ type: literal('prepared'), anchors: list(anchor) }),
  checkpoint: object({ type: literal('checkpoint'), streams: list(checkpoint) }),
  'group-before': object({ type: literal('group-before'), groups: list(groupBefore) }),
  'groups-settled': object({ type: literal('groups-settled'), groupIds: list(text) }),
  'settings-restored': object({ type: literal('settings-restored'), topics: list(text) }),
  undone: object({ type: literal('undone'), topics: list(text) }),
  released: object({ type: literal('released'), topics: list(text) }),
  end: object({ type: literal('end'), receiptSha256: sha256Text }),
})
