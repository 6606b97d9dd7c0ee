import { KbackupError } from '../errors/kbackup-error.ts'
import type { BackupEvent } from '../events/run-event.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { ByteBudget } from '../memory/byte-budget.ts'
import type { BrokerFetchers } from './broker-fetchers.ts'
import type { BundleWriter } from './bundle-writer.ts'
import type { Committer } from './committer.ts'
import type { PartitionLedger } from './partition-ledger.ts'
import { PartitionReader, type PartitionReaderOptions } from './partition-reader.ts'
import { lineageOf, type PartitionTask } from './partition-task.ts'
import { PartitionWriter } from './partition-writer.ts'
import type { RunTally } from './run-tally.ts'
import { SectionClaim } from './section-claim.ts'
import type { UploadContext } from './section-upload.ts'
import { sourceChanged } from './source-error.ts'
import { isPassing, MAX_UPLOAD_TRIES, waitForRetry } from './upload-retry.ts'

export interface PartitionBackupContext {
  readonly upload: UploadContext
  readonly bundles: BundleWriter
  /** For wide sections. */
  readonly sectionBudget: ByteBudget
  readonly fetchers: BrokerFetchers
  readonly committer: Committer
  readonly tally: RunTally
  readonly emit: (event: BackupEvent) => void
  /** Is called now and then, when a commit may be due. */
  readonly onDurable: () => void
}

/**
 * Reads one partition up to its stop, and reads again what a passing error of the store has lost. When it resolves, all of
 * it is durable or waits in a bundle.
 *
 * An upload whose outcome is unknown is not tried again under its name: its bytes are gone, and no commit will name it.
 */
export async function backUpPartition(task: PartitionTask, context: PartitionBackupContext): Promise<void> {
  const { committer, tally } = context
  const ledger = committer.ledger(task)
  let tries = 0
  let triedFrom = ledger.nextOffset
  tally.startPartition(task)
  for (let isRead = false; !isRead; ) {
    assertUnchanged(ledger)
    tries = ledger.nextOffset > triedFrom ? 1 : tries + 1
    triedFrom = ledger.nextOffset
    try {
      await backUpFrom(task, ledger.nextOffset, context)
      isRead = true
    } catch (error) {
      if (!isPassing(error) || tries >= MAX_UPLOAD_TRIES) throw error
      await prepareRetry(task, { error, tries }, context)
    }
  }
  tally.endPartition(task)
}

/** What waits in a bundle is not read again. */
async function prepareRetry(
  task: PartitionTask,
  { error, tries }: { readonly error: KbackupError; readonly tries: number },
  { upload, bundles, emit }: PartitionBackupContext,
): Promise<void> {
  const { settings, signal } = upload
  const operation = `storing a segment of ${partitionName(task)}`
  await waitForRetry({ operation, error, tries }, { environment: settings.environment, emit, signal })
  await bundles.flush()
}

async function backUpFrom(task: PartitionTask, fromOffset: bigint, context: PartitionBackupContext): Promise<void> {
  const { sectionBudget, upload } = context
  const claim = new SectionClaim(sectionBudget, upload.shares.wideSectionBytes)
  const writer = writerOf(task, fromOffset, context)
  try {
    await readerOf(task, { fromOffset, writer, claim }, context).read()
  } catch (error) {
    throw await writer.abort(error)
  } finally {
    claim.release()
  }
}

function writerOf(task: PartitionTask, startOffset: bigint, context: PartitionBackupContext): PartitionWriter {
  const { upload, bundles, committer, tally, onDurable } = context
  const ledger = committer.ledger(task)
  return new PartitionWriter({
    task,
    startOffset,
    upload,
    bundles,
    onSection: (section) => ledger.addSection(section),
    onSegment: (section) => tally.segment(section),
    onFinish: onDurable,
  })
}

type ReaderParts = Pick<PartitionReaderOptions, 'fromOffset' | 'writer' | 'claim'>

function readerOf(task: PartitionTask, parts: ReaderParts, context: PartitionBackupContext): PartitionReader {
  const { upload, fetchers, committer, tally, onDurable } = context
  const ledger = committer.ledger(task)
  return new PartitionReader({
    ...parts,
    task,
    settings: upload.settings,
    narrowReadBytes: upload.shares.narrowReadBytes,
    fetcher: fetchers.of(task),
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
}

/** A ledger that takes nothing more would have its partition read for ever. */
function assertUnchanged({ isChanged, isLeft, task }: PartitionLedger): void {
  if (isLeft) throw leftToOthers(task)
  if (isChanged) throw sourceChanged(task, 'its topic was deleted and created again')
}

function leftToOthers(task: PartitionTask): KbackupError {
  return new KbackupError('KB_ARCHIVE_FENCED', {
    message: `${partitionName(task)} was left to another writer of the archive`,
    hint: 'let one process back up each partition',
    details: { ...lineageOf(task) },
  })
}
