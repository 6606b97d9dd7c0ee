import type { ArchiveState } from '../archive/archive-state.ts'
import { damagedObject } from '../archive/json-object.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { JournaledRules, JournaledStream } from './journal-entries.ts'
import type { BeginEntry } from './journal-head.ts'
import { type KeyRouting, readKeyRouting } from './key-routing.ts'
import { journalEntryKey } from './restore-keys.ts'
import type { RestoreRequest } from './restore-request.ts'
import type { RestoreStream } from './restore-stream.ts'
import { selectPartition } from './source-selection.ts'
import { type RecordRules, recordRules } from './stream-selection.ts'

const JAVA_PARTITIONER = 'murmur2'

/** What of a request the journal keeps beside the streams. */
export function journaledRules({ keyRouting, transform, originalHeaders, guards }: RestoreRequest): JournaledRules {
  return {
    keys: keyRouting.keys,
    repartition: keyRouting.repartition,
    transformVersion: transform?.version ?? null,
    originalHeaders,
    mayRemove: guards.retention === 'accept',
    mayOverwriteTimes: guards.timestampType === 'accept',
  }
}

interface JournaledOrigin extends RecordRules {
  readonly state: ArchiveState
}

/**
 * The streams of a restore by its journal and the archive alone: whoever asks need not be told what it was told. Only code is in
 * no journal: a transform, or a partitioner, has to be given.
 *
 * @throws KbackupError `KB_RESTORE_MISMATCH` where that is missing, or has another version
 */
export function streamsOfJournal(begin: BeginEntry, { state, ...given }: JournaledOrigin): readonly RestoreStream[] {
  const rules = { keyRouting: routingOf(begin, given), transform: transformOf(begin, given) }
  return begin.streams.map((stream) => ({
    source: stream.source,
    target: stream.target,
    filter: stream.filter,
    slices: slicesOf(begin, stream, state),
    ...recordRules(rules, { source: stream.source.partition, target: stream.target.partition }),
  }))
}

function slicesOf(begin: BeginEntry, stream: JournaledStream, state: ArchiveState): RestoreStream['slices'] {
  const { source, filter, offsets } = stream
  const partition = state.topics.get(source.topic)?.partitions.find((each) => each.partition === source.partition)
  const selection = { window: filter.window, ...offsets }
  const found = partition === undefined ? undefined : selectPartition(partition, source.topicId, selection)
  if (found?.lineage.lineage === source.lineage) return found.slices
  const key = journalEntryKey(begin.identity.backupId, begin.restoreId, 1)
  throw damagedObject(key, `it names a history of ${partitionName(source)} that the archive does not have`)
}

function routingOf({ restoreId, rules }: BeginEntry, { keyRouting }: RecordRules): KeyRouting {
  const { repartition } = rules
  const keys = rules.keys?.map((key) => Buffer.from(key, 'base64'))
  if (repartition === null) return readKeyRouting({ keys })
  const { partitionCount, version } = repartition
  if (version === JAVA_PARTITIONER) return readKeyRouting({ keys, repartition: { partitionCount } })
  const given = keyRouting.repartition
  if (given?.partitionCount !== partitionCount || given.version !== version) {
    throw codeMissing(
      restoreId,
      `a partitioner of its own (${version}) for ${partitionCount} partitions`,
      'repartition',
    )
  }
  return { ...keyRouting, isListed: readKeyRouting({ keys }).isListed }
}

function transformOf({ restoreId, rules }: BeginEntry, { transform }: RecordRules): RecordRules['transform'] {
  if (rules.transformVersion === null) return null
  if (transform?.version === rules.transformVersion) return transform
  throw codeMissing(restoreId, `a transform of version ${rules.transformVersion}`, 'transform')
}

function codeMissing(restoreId: string, what: string, option: string): KbackupError {
  return new KbackupError('KB_RESTORE_MISMATCH', {
    message: `restore ${restoreId} was begun with ${what}, which no journal can hold`,
    hint: `give createRestore the same ${option} as then; all else is in the journal`,
    details: { restoreId, option },
  })
}
