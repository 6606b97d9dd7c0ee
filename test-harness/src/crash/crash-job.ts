import { z } from 'zod'
import { storeAddress } from '../storage/store-address.ts'

const common = {
  brokers: z.array(z.string()).readonly(),
  backupId: z.string(),
  topic: z.string(),
}

/** A store of any kind; in buckets a backup makes segments of several parts. */
const anywhere = {
  ...common,
  store: storeAddress,
  maxSegmentBytes: z.number().optional(),
  /** Whether the first commit waits until the process is told to go on. */
  awaitsGo: z.boolean().optional(),
}

const folder = { ...common, directory: z.string() }

const target = {
  target: z.string(),
  groupId: z.string(),
  /** `append`: the target may hold records. */
  existingTopics: z.literal('append').optional(),
  /** Of the target where it is created; as at the source where absent. */
  replicationFactor: z.number().optional(),
}

const crashJob = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('backup'), ...folder }),
  z.object({ kind: z.literal('store-backup'), ...anywhere }),
  z.object({ kind: z.literal('restore'), ...folder, ...target }),
  z.object({ kind: z.literal('reset'), ...folder }),
])

/**
 * What a process that is to be killed does: one backup of a topic, to a folder or to a store of any kind, one restore of it
 * under another name, or one reset of all archived groups to what was restored.
 */
export type CrashJob = z.infer<typeof crashJob>

export function readCrashJob(text: string): CrashJob {
  return crashJob.parse(JSON.parse(text))
}

const jobLine = z.union([
  z.object({ begins: z.string() }),
  z.object({ ends: z.string() }),
  z.object({ done: z.record(z.string(), z.union([z.string(), z.number()])) }),
  z.object({ failed: z.string(), message: z.string() }),
])

/** What such a process tells while it runs: requests that begin and end, and how it ended if it was not killed. */
export type JobLine = z.infer<typeof jobLine>

export function readJobLine(text: string): JobLine {
  return jobLine.parse(JSON.parse(text))
}
