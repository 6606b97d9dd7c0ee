import { ERROR_CODES } from '../errors/error-codes.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { BegunRestore } from './restore-start.ts'
import type { RestoreStream } from './restore-stream.ts'
import type { ActiveStream } from './stream-run.ts'

const SHOWN_PARTITIONS = 20
const DAMAGE_STATUS = 4

/** Names the source partition in an error that says the archive is damaged; other errors pass as they are. */
export async function withDamagePlace<Result>(stream: RestoreStream, task: () => Promise<Result>): Promise<Result> {
  try {
    return await task()
  } catch (error) {
    if (!isDamage(error)) throw error
    const { topic, partition } = stream.source
    throw new KbackupError(error.code, {
      message: `${partitionName(stream.source)} cannot be restored, the archive is damaged: ${error.message}`,
      hint: error.hint,
      details: { ...error.details, topic, partition },
      cause: error,
    })
  }
}

/** Adds to an error that says the archive is damaged what stands in the target by now, and how to go on. */
export function withWhatStands(
  error: unknown,
  { begun, active }: { readonly begun: BegunRestore; readonly active: readonly ActiveStream[] },
): unknown {
  if (!isDamage(error)) return error
  const { restoreId } = begun.journal
  return new KbackupError(error.code, {
    message: `${error.message}; in the target by now: ${standingText(active)}`,
    hint:
      'kbackup validate --deep names all that is damaged; when these objects are whole again, run the same restore again: ' +
      `it goes on where it stands, and writes nothing twice. ${removalText(begun)}`,
    details: { ...error.details, restoreId, restored: active.map(standing) },
    cause: error,
  })
}

/** Whether an error says that the archive is damaged. */
export function isDamage(error: unknown): error is KbackupError {
  return KbackupError.is(error) && ERROR_CODES[error.code].exitStatus === DAMAGE_STATUS
}

function standing({ stream, anchor, progress }: ActiveStream) {
  const { ordinal, targetOffset } = progress.position
  return [stream.target.topic, stream.target.partition, ordinal, anchor.targetStartOffset, targetOffset] as const
}

/** What was on its way when the run ended may stand there too. */
function standingText(active: readonly ActiveStream[]): string {
  const written = active.filter(({ progress }) => progress.position.ordinal > 0)
  if (written.length === 0) return 'no record as far as is known'
  const shown = written.slice(0, SHOWN_PARTITIONS).map(({ stream, anchor, progress }) => {
    const { ordinal, targetOffset } = progress.position
    const all = progress.isDone ? 'all' : 'at least'
    return `${partitionName(stream.target)} ${all} ${ordinal} ${ordinal === 1 ? 'record' : 'records'} (offsets ${anchor.targetStartOffset} to ${targetOffset - 1n})`
  })
  const more = written.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more partitions` : ''}`
}

function removalText({ topics }: BegunRestore): string {
  const created = topics.filter(({ action }) => action === 'create' || action === 'recreate').map(({ topic }) => topic)
  const others = topics.filter(({ topic }) => !created.includes(topic)).map(({ topic }) => topic)
  const parts = [
    ...(created.length > 0 ? [`delete ${created.join(', ')}, which it created`] : []),
    ...(others.length > 0 ? [`of ${others.join(', ')} delete what stands from the offsets named on`] : []),
  ]
  return `To remove what it wrote instead: ${parts.join('; ')}`
}
