import type { RunProgress } from '@kbackup/core'
import { bytesText, countText, durationText } from '../rendering/quantity-text.ts'

/** `480,112 records, 402.0 MB, 95.1 MB/s, 12s left`; of a backup `480,112 records read (470,000 committed), …`. */
export function progressAmounts(progress: RunProgress): string {
  const { bytes, bytesPerSecond, secondsLeft } = progress
  const left = secondsLeft === null ? '' : `, ${durationText(secondsLeft * 1000)} left`
  return `${recordsText(progress)}, ${bytesText(bytes)}, ${bytesText(bytesPerSecond)}/s${left}`
}

function recordsText({ records, committedRecords }: RunProgress): string {
  if (committedRecords === undefined) return `${countText(records)} records`
  return `${countText(records)} records read (${countText(committedRecords)} committed)`
}
