import { KbackupError } from '../errors/kbackup-error.ts'
import type { OffsetAnswer } from '../kafka/kafka-topics.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import { recordsGone, recordsLost } from './restore-failure.ts'
import type { RestoreRunOptions } from './restore-run.ts'
import type { ActiveStream } from './stream-run.ts'

/**
 * Asks the target whether its logs still span what was restored: brokers delete by their own clock and rules, and an
 * unclean election loses what was acknowledged.
 *
 * @throws KbackupError `KB_RESTORE_UNVERIFIED`
 */
export async function assertStillThere(options: RestoreRunOptions, active: readonly ActiveStream[]): Promise<void> {
  const written = active.filter(({ progress, anchor }) => progress.position.ordinal > 0 || anchor.present.length > 0)
  const [starts, ends] = await Promise.all([
    boundsOf(options, written, 'earliest'),
    boundsOf(options, written, 'latest'),
  ])
  const lost = written.filter(({ progress }, index) => (ends[index] ?? 0n) < progress.position.targetOffset)
  if (lost.length > 0) throw recordsLost(lost.map(targetName))
  if (options.request.guards.retention === 'accept') return
  const gone = written.filter((stream, index) => {
    const first = firstPlace(stream)
    return first !== undefined && (starts[index] ?? 0n) > first
  })
  if (gone.length > 0) throw recordsGone(gone.map(targetName))
}

/** Of what was restored, and of what stood there before. */
function firstPlace({ progress, anchor }: ActiveStream): bigint | undefined {
  const places = [...progress.runs.slice(0, 1), ...anchor.present].map(({ targetFirst }) => targetFirst)
  return places.reduce<bigint | undefined>(
    (least, place) => (least === undefined || place < least ? place : least),
    undefined,
  )
}

async function boundsOf(
  { cluster, signal }: RestoreRunOptions,
  written: readonly ActiveStream[],
  at: 'earliest' | 'latest',
): Promise<readonly bigint[]> {
  const answers = await cluster.listOffsets(
    written.map(({ stream }) => ({ ...stream.target, at })),
    { signal },
  )
  return answers.map((answer) => {
    if (answer.error === undefined) return answer.offset
    throw unreadable(answer)
  })
}

function targetName({ stream }: ActiveStream): string {
  return partitionName(stream.target)
}

function unreadable({ error, ...target }: OffsetAnswer): KbackupError {
  return new KbackupError('KB_RESTORE_UNVERIFIED', {
    message: `the bounds of target ${partitionName(target)} cannot be read: ${error?.name}`,
    hint: 'run the same restore again: it goes on with this check',
  })
}
