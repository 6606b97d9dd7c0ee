import { isoTime } from '../../config/iso-time.ts'
import { mapConcurrently } from '../../memory/map-concurrently.ts'
import { groupedCount } from '../../text/grouped-count.ts'
import type { Hazard } from '../restore-plan.ts'
import type { TopicTarget } from '../topic-target.ts'
import { type EdgeLook, type EdgeTransaction, edgeTransactions } from '../window-edge.ts'
import { advice, type Remedy } from './remedy.ts'

const SOURCE_CONCURRENCY = 4

/**
 * Warns where the window ends in the middle of transactions: some of their records are restored, and others are not, because
 * records have times of their own.
 */
export async function findTransactionCuts(topic: TopicTarget, look: EdgeLook): Promise<readonly Hazard[]> {
  // Streams to several partitions come from the same slices of one.
  const sources = [...new Map(topic.streams.map((stream) => [stream.slices, stream])).values()]
  const options = { concurrency: SOURCE_CONCURRENCY, signal: look.signal }
  const found = await mapConcurrently(sources, options, (stream, { signal }) =>
    edgeTransactions(stream, { ...look, signal }),
  )
  const cut = found.flat().filter(({ inside, outside }) => inside > 0 && outside > 0)
  return cut.length === 0 ? [] : [hazardOf(topic, cut)]
}

function hazardOf({ target, streams }: TopicTarget, cut: readonly EdgeTransaction[]): Hazard {
  const inside = cut.reduce((sum, transaction) => sum + transaction.inside, 0)
  const outside = cut.reduce((sum, transaction) => sum + transaction.outside, 0)
  const what = cut.length === 1 ? 'a transaction' : `${groupedCount(cut.length)} transactions`
  const remedies = remediesFor(streams[0]?.filter.window.end ?? null, cut)
  return {
    code: 'KB_HAZARD_TRANSACTION_CUT',
    blocks: false,
    message: `the window of ${target} cuts ${what}: ${groupedCount(inside)} of the records are restored, ${groupedCount(outside)} are not`,
    remedies,
    details: { topic: target, transactions: cut.length, restored: inside, leftOut: outside },
  }
}

function remediesFor(end: bigint | null, cut: readonly EdgeTransaction[]): readonly Remedy[] {
  const last = cut.reduce((latest, { lastTime }) => (lastTime > latest ? lastTime : latest), -1n)
  if (end === null || last <= end) return [advice('begin the window earlier, so that it takes them in whole')]
  return [
    {
      option: 'window.end',
      value: isoTime(last),
      text: 'takes them in whole',
      isDestructive: false,
    },
  ]
}
