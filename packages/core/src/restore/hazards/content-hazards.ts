import { SectionWindows } from '../../archive/section-windows.ts'
import type { BatchCodec } from '../../batch/batch-codec.ts'
import { mapConcurrently } from '../../memory/map-concurrently.ts'
import { ownSignal } from '../../memory/own-signal.ts'
import type { Hazard } from '../restore-plan.ts'
import type { SessionOptions } from '../restore-session.ts'
import type { PlannedTopic } from '../topic-planning.ts'
import { findMissingCodecs } from './missing-codecs.ts'
import { findNullKeys } from './null-keys.ts'
import { findTransactionCuts } from './transaction-cut.ts'

const TOPIC_CONCURRENCY = 4

/** Looks for what only the records themselves tell, as far as a plan may read them. */
export async function findContentHazards(
  topics: readonly PlannedTopic[],
  { store, cluster, request, signal }: SessionOptions,
): Promise<readonly Hazard[]> {
  const lacking = new Set<BatchCodec>((await cluster.missingCodecs?.({ signal })) ?? [])
  const own = ownSignal(signal ?? new AbortController().signal)
  const sections = topics.flatMap(({ streams }) => streams.flatMap(({ slices }) => slices.map(({ entry }) => entry)))
  const edges = { store: new SectionWindows({ store, sections, signal: own }), signal: own }
  const { nullKey, codec } = request.guards
  const found = await mapConcurrently(topics, { concurrency: TOPIC_CONCURRENCY, signal }, async ({ topic }) => [
    ...(nullKey === undefined ? await findNullKeys(topic, { store, signal }) : []),
    ...(codec === undefined ? await findMissingCodecs(topic, lacking, { store, signal }) : []),
    ...(await findTransactionCuts(topic, edges)),
  ])
  return found.flat()
}
