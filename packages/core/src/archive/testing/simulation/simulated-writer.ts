import { BundleWriter } from '../../../backup/bundle-writer.ts'
import { catalogChanges } from '../../../backup/catalog-changes.ts'
import { Committer } from '../../../backup/committer.ts'
import { type PartitionTask, partitionTask } from '../../../backup/partition-task.ts'
import { KbackupError } from '../../../errors/kbackup-error.ts'
import type { ArchiveState } from '../../archive-state.ts'
import { type ArchiveWriter, openArchiveWriter } from '../../archive-writer.ts'
import { BACKUP_ID, newestOf, ORDERS } from '../commit-fixture.ts'
import { type SimulatedProcess, type SimulatedSection, simulatedSection } from './simulated-process.ts'

const ROUNDS = 2
const BUNDLES = 0.5
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
  const bundles = bundlesOf(process, archive)
  const committer = committerOf(process, watched, bundles)
  committer.begin({ tasks, catalog: catalogChanges([topic], archive.state) })
  const upload = turns.chance(BUNDLES) ? bundled(bundles) : separate(process, archive)
  for (const task of tasks) await takeSection(process, { task, upload, committer })
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
  bundles: BundleWriter,
): Committer {
  return new Committer({
    archive,
    bundles,
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

function bundlesOf({ store, environment, witness }: SimulatedProcess, archive: ArchiveWriter): BundleWriter {
  return new BundleWriter({
    upload: {
      archive,
      settings: { storage: store, environment },
      shares: { bundleBytes: Number.POSITIVE_INFINITY },
      signal: NEVER,
    },
    emit: ({ type }) => {
      if (type === 'bundle-end') witness.bundles++
    },
  })
}

/** Makes a section durable, now or before the next commit, and tells the ledger of it then. */
type Upload = (section: SimulatedSection, ledger: ReturnType<Committer['ledger']>) => Promise<void>

function bundled(bundles: BundleWriter): Upload {
  return (section, ledger) => bundles.add(section, (entry) => ledger.addSection(entry))
}

/** Under another name each time: what became of the first one is not known. */
function separate({ store }: SimulatedProcess, archive: ArchiveWriter): Upload {
  return async ({ bytes, sealed }, ledger) => {
    for (;;) {
      const key = archive.segmentKey(sealed, sealed.startOffset, 'zstd')
      try {
        await store.put(key, bytes, { ifAbsent: true })
        return ledger.addSection({ key, ...sealed })
      } catch (error) {
        if (!KbackupError.is(error, 'KB_STORE_UNAVAILABLE')) throw error
      }
    }
  }
}

interface Taking {
  readonly task: PartitionTask
  readonly upload: Upload
  readonly committer: Committer
}

/** Reads what the task says and makes it durable; perhaps the source is not the one that it was asked about any more. */
async function takeSection(process: SimulatedProcess, { task, upload, committer }: Taking): Promise<void> {
  const { turns, owner, source } = process
  const { partition, fromOffset, stopOffset, observation } = task
  if (fromOffset === stopOffset) return
  await turns.wait(owner)
  const ledger = committer.ledger(task)
  try {
    const branches = source.read({ partition, leaderEpoch: observation.leaderEpoch }, [fromOffset, stopOffset])
    await upload(simulatedSection(task, fromOffset, branches), ledger)
  } catch (error) {
    if (!KbackupError.is(error, 'KB_SOURCE_CHANGED')) throw error
    ledger.close()
  }
}
