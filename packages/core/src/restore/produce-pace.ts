import { ByteRate, type RateClock } from '../memory/byte-rate.ts'
import type { RestoreContext } from './restore-context.ts'
import type { RestoreRequest } from './restore-request.ts'

/** What of a batch counts against the limits. */
export interface PacedBatch {
  readonly bytes: Pick<Buffer, 'length'>
  readonly recordCount: number
}

export type ProduceLimits = Pick<RestoreRequest, 'maxRecordsPerSecond' | 'maxBytesPerSecond'>

/**
 * Holds all streams of a run together to so many records, and so many bytes, a second.
 *
 * Each batch has its time by the rate, one after the other; who wakes late does not move those behind, so that what a timer
 * oversleeps is made up for. Nothing is saved up while nothing passes.
 */
export function producePace(
  { maxRecordsPerSecond, maxBytesPerSecond }: ProduceLimits,
  clock?: RateClock,
): RestoreContext['pace'] {
  const records = maxRecordsPerSecond === null ? undefined : new ByteRate(maxRecordsPerSecond, clock)
  const bytes = maxBytesPerSecond === null ? undefined : new ByteRate(maxBytesPerSecond, clock)
  if (records === undefined && bytes === undefined) return undefined
  return async (batch, signal) => {
    await Promise.all([records?.pass(batch.recordCount, signal), bytes?.pass(batch.bytes.length, signal)])
  }
}
