import { sumOf } from '../../collections/sum-of.ts'
import type { JournaledRules } from '../journal-entries.ts'
import type { RestoreContext } from '../restore-context.ts'
import { streamStart } from '../stream-progress.ts'
import type { ActiveStream } from '../stream-run.ts'
import { hasDigest } from './digest-proof.ts'
import { PairedDigest } from './paired-digest.ts'
import { type ComparedRecords, NO_DIFFERENCES, totalDifferences } from './record-comparison.ts'
import { compareStream, type ProofScope, type StreamProof } from './stream-proof.ts'

/** Records of a stream that follow each other. */
export type ComparedRange = Pick<ProofScope, 'from' | 'records'>

export interface StreamProving {
  readonly context: RestoreContext
  readonly rules: Pick<JournaledRules, 'mayRemove' | 'mayOverwriteTimes'>
  /** What is compared. */
  readonly ranges: readonly ComparedRange[]
}

/** Proves a stream by its digest where that was made on its way to the target and comes back from there; otherwise record by record. */
export async function proveStream(active: ActiveStream, proving: StreamProving): Promise<StreamProof> {
  const { source, target } = active.stream
  const proof = (await provenByDigest(active, proving)) ?? (await provenByRecords(active, proving))
  return { source: { topic: source.topic, partition: source.partition }, target, ...proof }
}

type ProofParts = Omit<StreamProof, 'source' | 'target'>

async function provenByDigest(active: ActiveStream, proving: StreamProving): Promise<ProofParts | undefined> {
  const { context } = proving
  const records = active.progress.position.ordinal
  const digest = context.produced?.finish(active.stream, records)
  if (digest === undefined) return undefined
  const scope = scopeOf(active, proving, { from: streamStart(active), records })
  if (!(await hasDigest(context, active, { scope, digest }))) return undefined
  const equal = { compared: records, removedSince: 0, ...NO_DIFFERENCES, difference: null }
  return { ...equal, archiveDigest: digest, targetDigest: digest }
}

async function provenByRecords(active: ActiveStream, proving: StreamProving): Promise<ProofParts> {
  const digests = new PairedDigest()
  const parts: ComparedRecords[] = []
  for (const range of proving.ranges) {
    parts.push(await compareStream(proving.context, active, scopeOf(active, proving, range), digests))
  }
  return {
    compared: sumOf(parts, ({ compared }) => compared),
    removedSince: sumOf(parts, ({ removedSince }) => removedSince),
    ...totalDifferences(parts),
    ...digests.finish(),
    difference: parts.find(({ difference }) => difference !== null)?.difference ?? null,
  }
}

function scopeOf(
  { stream, progress }: ActiveStream,
  { context, rules }: StreamProving,
  range: ComparedRange,
): ProofScope {
  const mayRemove = context.isCompacted(stream.target.topic) || rules.mayRemove
  const { mayOverwriteTimes } = rules
  return { ...range, nextOffset: progress.position.targetOffset, mayRemove, mayOverwriteTimes }
}
