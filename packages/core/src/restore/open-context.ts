import { MAX_WINDOWS, SectionWindows } from '../archive/section-windows.ts'
import type { BatchCodec } from '../batch/batch-codec.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import type { TopicPreparation } from './journal-entries.ts'
import { ProduceDispatcher } from './produce-dispatcher.ts'
import { producePace } from './produce-pace.ts'
import { ReadCounters } from './read-counters.ts'
import type { RestoreContext } from './restore-context.ts'
import type { SessionOptions } from './restore-session.ts'
import { readTopicFacts } from './restore-start.ts'
import type { RestoreStream } from './restore-stream.ts'

/** A sixteenth of the memory is for windows over small sections: 1 MiB each where it is 128 MiB. */
const WINDOW_SHARE = 16 * MAX_WINDOWS

export interface ContextOptions
  extends Omit<SessionOptions, 'signal'>,
    Pick<RestoreContext, 'environment' | 'signal' | 'produced' | 'onRetry' | 'onRestored'> {
  readonly streams: readonly RestoreStream[]
  readonly topics: readonly Pick<TopicPreparation, 'topic'>[]
  readonly leaderOf: (target: TopicPartition) => number
}

/** What the streams of a restore share, made anew for each process. */
export async function openContext(options: ContextOptions): Promise<RestoreContext> {
  const { cluster, store, request, environment, signal, streams, topics, leaderOf, onRetry, onRestored } = options
  const windowBytes = Math.floor(request.maxMemoryBytes / WINDOW_SHARE)
  const sections = streams.flatMap(({ slices }) => slices.map(({ entry }) => entry))
  return {
    store: new SectionWindows({ store, sections, windowBytes, signal }),
    cluster,
    dispatcher: new ProduceDispatcher({ cluster, leaderOf, signal }),
    budget: new ByteBudget(request.maxMemoryBytes - MAX_WINDOWS * windowBytes),
    counters: new ReadCounters(),
    environment,
    signal,
    ...(await readTopicFacts({ cluster, signal }, topics)),
    missingCodecs: await codecsToReplace(options),
    maxBatchRecords: request.maxBatchRecords ?? undefined,
    originalHeaders: request.originalHeaders,
    pace: producePace(request),
    produced: options.produced,
    onRetry,
    onRestored,
  }
}

/** Where the target does not tell what it lacks, everything but what each broker has always known. */
async function codecsToReplace({ cluster, request, signal }: ContextOptions): Promise<ReadonlySet<BatchCodec>> {
  if (request.guards.codec === undefined) return new Set()
  return new Set((await cluster.missingCodecs?.({ signal })) ?? (['snappy', 'lz4', 'zstd'] as const))
}
