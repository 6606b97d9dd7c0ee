import { KbackupError } from '../errors/kbackup-error.ts'
import type { BackupEvent } from '../events/run-event.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { BrokerFetchers } from './broker-fetchers.ts'
import type { Committer } from './committer.ts'
import type { PartitionLedger } from './partition-ledger.ts'
import { PartitionReader } from './partition-reader.ts'
import type { PartitionTask } from './partition-task.ts'
import { PartitionWriter } from './partition-writer.ts'
import type { RunTally } from './run-tally.ts'
import type { UploadContext } from './section-upload.ts'
import { sourceChanged } from './source-error.ts'

const MAX_UPLOAD_TRIES = 5
const FIRST_RETRY_DELAY_MS = 250

export interface PartitionBackupContext {
  readonly upload: UploadContext
  readonly fetchers: BrokerFetchers
  readonly committer: Committer
  readonly tally: RunTally
  readonly emit: (event: BackupEvent) => void
  /** Is called now and then, when a commit may be due. */
  readonly onDurable: () => void
}

/**
 * Backs up one partition up to its stop, and reads again what a passing error of the store has lost.
 *
 * An upload whose outcome is unknown is not tried again under its name: its bytes are gone, and no commit will name it.
 */
export async function backUpPartition(task: PartitionTask, context: PartitionBackupContext): Promise<void> {
  const { committer, tally } = context
  const ledger = committer.ledger(task)
  let tries = 0
  let triedFrom = ledger.nextOffset
  tally.startPartition(task)
  while (ledger.nextOffset < task.stopOffset) {
    assertUnchanged(ledger)
    tries = ledger.nextOffset > triedFrom ? 1 : tries + 1
    triedFrom = ledger.nextOffset
    try {
      await backUpFrom(task, ledger.nextOffset, context)
    } catch (error) {
      if (!isPassing(error) || tries >= MAX_UPLOAD_TRIES) throw error
      await waitForRetry(task, { error, tries }, context)
    }
  }
  tally.endPartition(task)
}

async function backUpFrom(task: PartitionTask, fromOffset: bigint, context: PartitionBackupContext): Promise<void> {
  const { upload, fetchers, committer, tally, onDurable } = context
  const ledger = committer.ledger(task)
  const writer = new PartitionWriter({
    task,
    startOffset: fromOffset,
    upload,
    onSection: (section) => {
      ledger.addSection(section)
      tally.section(section)
      onDurable()
    },
  })
  const reader = new PartitionReader({
    task,
    fromOffset,
    settings: upload.settings,
    fetcher: fetchers.of(task),
    writer,
    onGap: (gap) => {
      ledger.addGap(gap)
      tally.gap(gap)
    },
    onRead: (amounts) => {
      assertUnchanged(ledger)
      tally.reach(task, amounts)
      onDurable()
    },
    signal: upload.signal,
  })
  try {
    await reader.read()
  } catch (error) {
    throw await writer.abort(error)
  }
}

/** A ledger that takes nothing more would have its partition read for ever. */
function assertUnchanged({ isChanged, task }: PartitionLedger): void {
  if (isChanged) throw sourceChanged(task, 'its topic was deleted and created again')
}

function isPassing(error: unknown): error is KbackupError {
  return KbackupError.is(error, 'KB_STORE_UNAVAILABLE', 'KB_BLOB_EXISTS')
}

async function waitForRetry(
  task: PartitionTask,
  { error, tries }: { readonly error: KbackupError; readonly tries: number },
  { upload: { settings, signal }, emit }: PartitionBackupContext,
): Promise<void> {
  const delayMs = FIRST_RETRY_DELAY_MS * 2 ** (tries - 1)
  const operation = `storing a segment of ${partitionName(task)}`
  emit({ type: 'retry', operation, attempt: tries, delayMs, code: error.code, message: error.message })
  await settings.environment.sleep(delayMs, signal)
}
