import { z } from 'zod'

const common = {
  brokers: z.array(z.string()).readonly(),
  directory: z.string(),
  backupId: z.string(),
}

const manyJob = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('backup'), ...common, topics: z.array(z.string()).readonly() }),
  z.object({ kind: z.literal('restore'), ...common, prefix: z.string() }),
  z.object({ kind: z.literal('verify'), ...common }),
])

/** What a process does that is measured: one backup, one restore under names with a prefix, or one deep verification. */
export type ManyJob = z.infer<typeof manyJob>

export function readManyJob(text: string): ManyJob {
  return manyJob.parse(JSON.parse(text))
}

const manyFigures = z.object({
  records: z.number(),
  seconds: z.number(),
  cpuSeconds: z.number(),
  peakRssMiB: z.number(),
  /** Seconds until the first event of each type. */
  firstEvents: z.record(z.string(), z.number()),
  /** How often each call of cluster and store was made. */
  requests: z.record(z.string(), z.number()),
  /** Seconds that these calls took together; several run side by side. */
  requestSeconds: z.record(z.string(), z.number()),
})

/** What it took. */
export type ManyFigures = z.infer<typeof manyFigures>

export function readManyFigures(text: string): ManyFigures {
  return manyFigures.parse(JSON.parse(text))
}
