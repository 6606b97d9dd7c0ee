import type { RestoreContext } from '../restore-context.ts'
import type { AnchoredStream } from '../stream-producer.ts'
import { type OrderedBatch, openBatch } from './ordered-records.ts'
import { RecordDigest } from './record-digest.ts'
import type { ProofScope } from './stream-proof.ts'
import { targetBatches } from './target-batches.ts'

/**
 * Whether the target gives back all records of a stream, in order and none besides, with the digest that they had on their way
 * there. `false` says nothing of where it differs, or whether: the target may also have times or gaps that are accepted.
 */
export async function hasDigest(
  context: RestoreContext,
  anchored: AnchoredStream,
  { scope, digest }: { readonly scope: ProofScope; readonly digest: string },
): Promise<boolean> {
  const { target } = anchored.stream
  const found = new RecordDigest()
  let records = 0
  for await (const ordered of targetBatches(context, anchored, scope)) {
    if (ordered.firstOrdinal !== records || !isAsProduced(ordered)) return false
    found.addAll(await openBatch(ordered, target, context.signal))
    records += ordered.batch.recordCount
  }
  return records === scope.records && found.finish() === digest
}

/** Without holes, all of it in the log, and with the times of its records. */
function isAsProduced({ batch, fromOffset }: OrderedBatch): boolean {
  if (batch.recordCount !== batch.lastOffsetDelta + 1 || batch.timestampType !== 'CreateTime') return false
  return fromOffset === undefined || fromOffset <= batch.baseOffset
}
