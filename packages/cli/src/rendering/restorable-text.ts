import type { RestorableRange } from '@kbackup/core'
import { isoTime } from './time-text.ts'

/** The moments to which an archive can be restored: `2024-01-15T10:00:00Z to 2024-01-15T11:00:00Z`. */
export function restorableText({ earliest, latest }: RestorableRange): string {
  if (latest === null) return 'nothing yet'
  return earliest === null ? `to ${isoTime(latest)}` : `${isoTime(earliest)} to ${isoTime(latest)}`
}
