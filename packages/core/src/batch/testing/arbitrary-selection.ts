import fc from 'fast-check'
import type { RecordSelection } from '../record-selection.ts'
import { arbitraryTimestamp } from './arbitrary-batches.ts'

const offset = fc.bigInt({ min: 990n, max: 1_060n })
const end = fc.option(arbitraryTimestamp, { nil: undefined })

/** Bounds around the logs that `arbitraryLog` makes, and windows around their times; empty ones too. */
export const arbitrarySelection: fc.Arbitrary<RecordSelection> = fc.record({
  bounds: fc.oneof(
    fc.constant({ startOffset: 0n, nextOffset: 2n ** 62n }),
    fc.record({ startOffset: offset, nextOffset: offset }),
  ),
  window: fc.record({ start: end, end }),
})
