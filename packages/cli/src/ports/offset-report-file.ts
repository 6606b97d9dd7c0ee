import { readFile } from 'node:fs/promises'

/** Keys that every offset report has at its top. */
const REPORT_KEYS = ['backup_id', 'restore', 'entries'] as const

/** Why a file is not written over: it is there, and is no offset report of an earlier restore. */
export async function offsetReportObstacle(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined || text.trim() === '' || isReport(text)) return undefined
  return 'holds something else than an offset report, which would be written over; name another file, or move it away'
}

function isReport(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && REPORT_KEYS.every((key) => Object.hasOwn(value, key))
  } catch {
    return false
  }
}
