import { KbackupError } from '../../errors/kbackup-error.ts'
import type { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { valuesAt } from '../../testing/memory-kafka/orders-cluster.ts'
import { verifyArchive } from '../../verify/verify-archive.ts'
import { createRestore } from '../create-restore.ts'
import { type Damage, damaged } from './damage.ts'
import { BACKUP_ID, emptyTarget, GROUP, PARTITIONS, steadyEnvironment } from './small-archive.ts'

const HANGS_AFTER_MS = 60_000

/** A view, a pin or a journal of old that is damaged does not keep anybody from restoring. */
const ENDINGS = ['restored', 'KB_ARCHIVE_DAMAGED', 'KB_ARCHIVE_FORMAT']

/** A sound archive, and what restoring it gives, partition by partition. */
export interface Trial {
  readonly sound: MemoryBlobStore
  readonly expected: readonly (readonly string[])[]
}

/** What became of one damage: what the restore ended with, and which promises were not kept, in sentences. */
export interface TrialOutcome {
  /** `restored`, or the code of the error. */
  readonly restore: string
  readonly faults: readonly string[]
}

/** Does damage to a copy of the archive, validates it and restores it. */
export async function tryDamage({ sound, expected }: Trial, damage: Damage): Promise<TrialOutcome> {
  const store = await damaged(sound, damage)
  const name = `${damage.kind} at ${damage.at} of ${damage.key}`
  try {
    const validation = await inTime(validationFaults(store, damage))
    const { ended, found } = await inTime(restored(store))
    return {
      restore: ended,
      faults: [...validation, ...recordFaults(found, { expected, ended, damage })].map((fault) => `${name}: ${fault}`),
    }
  } catch (error) {
    return { restore: 'failed', faults: [`${name}: ${error}`] }
  }
}

async function validationFaults(store: MemoryBlobStore, { kind, key }: Damage): Promise<readonly string[]> {
  const deep = await verifyArchive(store, BACKUP_ID, { depth: 'records' })
  const isNamed = deep.findings.some((finding) => finding.key === key && finding.severity === 'damage')
  if (deep.ok || !isNamed) return ['a deep validation does not name the object']
  if (kind === 'flip') return []
  const shallow = await verifyArchive(store, BACKUP_ID, { depth: 'objects' })
  return shallow.findings.some((finding) => finding.key === key)
    ? []
    : ['a shallow validation does not name the object']
}

interface Restored {
  readonly ended: string
  readonly found: readonly (readonly string[])[]
}

export async function restored(store: MemoryBlobStore): Promise<Restored> {
  const target = emptyTarget()
  const environment = steadyEnvironment()
  const ended = await createRestore({ storage: store, backupId: BACKUP_ID, target, groups: [GROUP], environment })
    .run()
    .then(() => 'restored', codeOf)
  const topics = await target.describeTopics('all')
  const isThere = topics.some(({ topic }) => topic === PARTITIONS[0]?.topic)
  const found = await Promise.all(PARTITIONS.map((where) => (isThere ? valuesAt(target, where) : [])))
  return { ended, found }
}

function codeOf(error: unknown): string {
  return KbackupError.is(error) ? error.code : `an error without a code: ${error}`
}

/** Whatever a restore says: what stands in the target is the beginning of what was archived, and all of it if it says so. */
function recordFaults(
  found: Restored['found'],
  {
    expected,
    ended,
    damage,
  }: { readonly expected: Trial['expected']; readonly ended: string; readonly damage: Damage },
): readonly string[] {
  const isRight = found.every((values, index) => values.every((value, place) => expected[index]?.[place] === value))
  const isWhole = found.every((values, index) => values.length === expected[index]?.length)
  const isTold = [...ENDINGS, ...(damage.kind === 'missing' ? ['KB_ARCHIVE_NOT_FOUND'] : [])].includes(ended)
  return [
    ...(isRight ? [] : ['a wrong record was restored']),
    ...(ended !== 'restored' || isWhole ? [] : ['records are missing, and the restore says nothing']),
    ...(isTold ? [] : [`the restore ends with ${ended}`]),
  ]
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), HANGS_AFTER_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
