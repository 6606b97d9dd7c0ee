import { readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { GuideFixture } from './guide-expectations.ts'

const FILE_KEY = /^( *(?:checkpoint_state|offset_report)): .*\/([^/\n]+)$/gm

const checkpointSchema = z.object({
  records_restored: z.number(),
  segments_in_progress: z.array(z.unknown()).length(0),
})
const reportSchema = z.object({ entries: z.array(z.object({ records: z.coerce.number() })) })

/** A configuration whose files lie in a folder of the test, under the names that the guide gives them. */
export function withFilesIn(folder: string, configuration: string): string {
  return configuration.replaceAll(FILE_KEY, (_line, key, name) => `${key}: ${join(folder, name)}`)
}

/** How many records the files that a configuration names tell of, one number for each file; removes them. */
export async function recordsInFiles(folder: string, { restore = {} }: GuideFixture): Promise<readonly number[]> {
  const { checkpoint_state, offset_report } = restore
  const records: number[] = []
  if (checkpoint_state !== undefined) {
    records.push(checkpointSchema.parse(await taken(folder, checkpoint_state)).records_restored)
  }
  if (offset_report !== undefined) {
    const { entries } = reportSchema.parse(await taken(folder, offset_report))
    records.push(entries.reduce((sum, entry) => sum + entry.records, 0))
  }
  return records
}

async function taken(folder: string, path: string): Promise<unknown> {
  const file = join(folder, basename(path))
  const value: unknown = JSON.parse(await readFile(file, 'utf8'))
  await rm(file)
  return value
}
