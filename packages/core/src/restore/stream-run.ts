import { mapConcurrently } from '../memory/map-concurrently.ts'
import { ownSignal } from '../memory/own-signal.ts'
import { withDamagePlace } from './damaged-stream.ts'
import type { JournalEntry } from './journal-entries.ts'
import type { RestoreContext } from './restore-context.ts'
import type { RestoreJournal } from './restore-journal.ts'
import type { RestoreStream, StreamAnchor } from './restore-stream.ts'
import { StreamProgress, streamStart } from './stream-progress.ts'
import { restoreStream } from './stream-restorer.ts'

const CHECKPOINT_INTERVAL_MS = 2_000

/** A stream on its way: what it is, what the journal fixed for it, and how far it is. */
export interface ActiveStream {
  readonly stream: RestoreStream
  readonly anchor: StreamAnchor
  readonly progress: StreamProgress
}

/** The streams of a restore with what its journal knows of their progress. */
export function activeStreams(
  streams: readonly RestoreStream[],
  anchors: readonly StreamAnchor[],
  entries: readonly JournalEntry[],
): readonly ActiveStream[] {
  const active = streams.flatMap((stream, index) => {
    const anchor = anchors[index]
    if (anchor === undefined) return []
    const start = streamStart({ stream, anchor })
    return [{ stream, anchor, progress: new StreamProgress(start, { isTransformed: stream.transform !== null }) }]
  })
  for (const entry of entries) {
    if (entry.type !== 'checkpoint') continue
    for (const checkpoint of entry.streams) active[checkpoint.stream]?.progress.replay(checkpoint)
  }
  return active
}

export interface StreamRunOptions {
  readonly context: RestoreContext
  readonly journal: RestoreJournal
  readonly maxConcurrentPartitions: number
  /** Whether no process can have produced for these streams before. */
  readonly isFresh: boolean
  readonly onStreamEnd: (stream: ActiveStream) => void
}

/** Restores all streams, several at a time, and keeps the journal up with them. */
export async function runStreams(active: readonly ActiveStream[], options: StreamRunOptions): Promise<void> {
  const { context, journal, maxConcurrentPartitions } = options
  const [ended, failed] = [new AbortController(), new AbortController()]
  const signal = ownSignal(context.signal, failed.signal)
  const checkpoints = keepCheckpoints(active, { journal, context, signal: ownSignal(signal, ended.signal) })
  // Without its journal a restore must not go on: another process may have taken over.
  const watched = checkpoints.catch((error: unknown) =>
    error === ended.signal.reason ? undefined : failed.abort(error),
  )
  try {
    await mapConcurrently(active, { concurrency: maxConcurrentPartitions, signal }, (stream, task) =>
      runStream(stream, { ...options, context: { ...context, signal: task.signal } }),
    )
  } finally {
    ended.abort()
    await watched
  }
  failed.signal.throwIfAborted()
  await writeCheckpoint(active, journal, context.signal)
}

async function runStream(active: ActiveStream, { context, isFresh, onStreamEnd }: StreamRunOptions): Promise<void> {
  const { stream, progress } = active
  await withDamagePlace(stream, () => restoreStream(context, active, { progress, isFresh }))
  onStreamEnd(active)
}

interface CheckpointOptions {
  readonly journal: RestoreJournal
  readonly context: RestoreContext
  readonly signal: AbortSignal
}

/** Writes what changed to the journal now and then, until the signal. */
async function keepCheckpoints(
  active: readonly ActiveStream[],
  { journal, context, signal }: CheckpointOptions,
): Promise<void> {
  for (;;) {
    await context.environment.sleep(CHECKPOINT_INTERVAL_MS, signal)
    // Not cut short when the streams end: a request of unknown outcome would make the last checkpoint lose against it.
    await writeCheckpoint(active, journal, context.signal)
  }
}

async function writeCheckpoint(
  active: readonly ActiveStream[],
  journal: RestoreJournal,
  signal: AbortSignal,
): Promise<void> {
  const streams = active.flatMap(({ progress }, index) => progress.takeCheckpoint(index) ?? [])
  if (streams.length > 0) await journal.append({ type: 'checkpoint', streams }, signal)
}
