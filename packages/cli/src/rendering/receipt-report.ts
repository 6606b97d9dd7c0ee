import type { RestoreReceipt } from '@kbackup/core'
import type { Report } from './data-format.ts'
import { countText, durationText } from './quantity-text.ts'

/** What `kbackup restore` prints at its end. */
export function receiptReport(receipt: RestoreReceipt): Report {
  return {
    text: () =>
      `Summary:\n  Records Restored: ${countText(receipt.records)}\n  Duration: ${durationText(receipt.durationMs)}`,
    data: () => receipt,
  }
}
