import type { RunProgress } from '@kbackup/core'
import { bytesText, countText, durationText } from '../rendering/quantity-text.ts'

/** `480,112 records, 402.0 MB, 95.1 MB/s, 12s left` */
export function progressAmounts({ records, bytes, bytesPerSecond, secondsLeft }: RunProgress): string {
  const left = secondsLeft === null ? '' : `, ${durationText(secondsLeft * 1000)} left`
  return `${countText(records)} records, ${bytesText(bytes)}, ${bytesText(bytesPerSecond)}/s${left}`
}
