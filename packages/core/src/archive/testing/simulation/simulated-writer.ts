import { catalogChanges } from '../../../backup/catalog-changes.ts'
import { Committer } from '../../../backup/committer.ts'
import { type PartitionTask, partitionTask } from '../../../backup/partition-task.ts'
import { KbackupError } from '../../../errors/kbackup-error.ts'
import type { ArchiveState } from '../../archive-state.ts'
import { type ArchiveWriter, openArchiveWriter } from '../../archive-writer.ts'
import type { SectionEntry } from '../../commit.ts'
import { BACKUP_ID, newestOf, ORDERS, sectionAt } from '../commit-fixture.ts'
import { type SimulatedProcess, sectionBytes } from './simulated-process.ts'

const ROUNDS = 2
const NO_BUNDLES = { flush: async () => undefined, holdsSections: false }
const NEVER = new AbortController().signal

/** Backs the source up a few times: from where the archive ends to where the source ends. */
export async function writerLife(process: SimulatedProcess): Promise<void> {
  const { store, environment, name, witness } = process
  const archive = await openArchiveWriter(store, BACKUP_ID, {
    createIfMissing: true,
    writerId: name,
    environment,
    snapshotEveryCommits: 4,
  })
  const watched = witness.watch(archive)
  for (let round = 0; round < ROUNDS; round++) await backUp(process, archive, watched)
}

/** Whoever is fenced looks at the archive and the source again, as a process that is started anew. */
async function backUp(
  process: SimulatedProcess,
  archive: ArchiveWriter,
  watched: Pick<ArchiveWriter, 'commit' | 'state'>,
): Promise<void> {
  const { turns, owner, source } = process
  const topic = source.describe()
  await turns.wait(owner)
  const tasks = source.partitions
    .filter(() => turns.chance(0.8))
    .map((partition) => taskOf(process, { partition, topicId: topic.catalog.topicId, state: archive.state }))
  const committer = committerOf(process, watched)
  committer.begin({ tasks, catalog: catalogChanges([topic], archive.state) })
  for (const task of tasks) await takeSection(process, { task, archive, committer })
  try {
    await committer.commitPending()
  } catch (error) {
    if (!KbackupError.is(error, 'KB_ARCHIVE_FENCED')) throw error
  }
}

function taskOf(
  { source }: SimulatedProcess,
  { partition, topicId, state }: { readonly partition: number; readonly topicId: string; readonly state: ArchiveState },
): PartitionTask {
  const archived = newestOf(state, partition)
  return partitionTask({
    topicId,
    leader: 0,
    keepsTransactions: false,
    isTiered: false,
    maxBatchBytes: 1_000,
    observation: source.observe(partition),
    archived,
    sharedEndOffset: archived === undefined ? null : source.sharedEndOffset({ topic: ORDERS, partition }, archived),
    lossReason: 'retention',
  })
}

function committerOf(
  { turns, owner, source }: SimulatedProcess,
  archive: Pick<ArchiveWriter, 'commit' | 'state'>,
): Committer {
  return new Committer({
    archive,
    bundles: NO_BUNDLES,
    commitIntervalMs: 0,
    nowMs: () => 0,
    topicIds: async () => {
      await turns.wait(owner)
      return new Map([[ORDERS, source.topicId]])
    },
    onCommit: () => undefined,
    onLeft: () => undefined,
    signal: NEVER,
  })
}

interface Taking {
  readonly task: PartitionTask
  readonly archive: ArchiveWriter
  readonly committer: Committer
}

/** Reads what the task says and makes it durable; perhaps the source is not the one that it was asked about any more. */
async function takeSection(process: SimulatedProcess, { task, archive, committer }: Taking): Promise<void> {
  const { turns, owner, source } = process
  const { partition, fromOffset, stopOffset, observation } = task
  if (fromOffset === stopOffset) return
  await turns.wait(owner)
  try {
    const branches = source.read({ partition, leaderEpoch: observation.leaderEpoch }, [fromOffset, stopOffset])
    committer.ledger(task).addSection(await upload(process, { task, archive, branches }))
  } catch (error) {
    if (!KbackupError.is(error, 'KB_SOURCE_CHANGED')) throw error
    committer.ledger(task).close()
  }
}

/** Under another name each time: what became of the first one is not known. */
async function upload(
  { store }: SimulatedProcess,
  { task, archive, branches }: Pick<Taking, 'task' | 'archive'> & { readonly branches: readonly number[] },
): Promise<SectionEntry> {
  for (;;) {
    const key = archive.segmentKey(task, task.fromOffset, 'zstd')
    try {
      await store.put(key, sectionBytes(branches), { ifAbsent: true })
      return sectionAt(task, [task.fromOffset, task.stopOffset], key)
    } catch (error) {
      if (!KbackupError.is(error, 'KB_STORE_UNAVAILABLE')) throw error
    }
  }
}
