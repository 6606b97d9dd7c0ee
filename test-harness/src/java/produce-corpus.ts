import { javaTools } from './java-tools.ts'
import type { ToolTarget } from './read-records.ts'
import { parseWitnessLine, type WitnessRecord } from './witness-record.ts'

/** Cases of `CorpusProducer.java`, which describes them. */
export type CorpusCase =
  | 'nulls'
  | 'headers'
  | 'timestamps'
  | 'tombstones'
  | 'big'
  | 'singles'
  | 'plain'
  | 'committed'
  | 'aborted'
  | 'interleaved'
  | 'open'
  | 'fence'

/** Cases of `RawProducer.java`: what other clients make and the Java producer does not. */
export type RawCase = 'no-timestamp' | 'raw-snappy' | 'non-utf8-headers'

/** What is produced, to one partition, in this order; `open` must come last. */
export interface CorpusOptions {
  readonly topic: string
  /** `by-key`: where the default partitioner of the Java producer puts each record. */
  readonly partition?: number | 'by-key' | undefined
  readonly codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd' | undefined
  readonly transactionalId?: string | undefined
  /** Added to the producer's configuration. */
  readonly config?: Readonly<Record<string, string>> | undefined
  /** A case, or a case and how many records; ten where it matters and nothing is said. */
  readonly cases: readonly (CorpusCase | `${CorpusCase}:${number}`)[]
  readonly signal?: AbortSignal | undefined
}

/** A record that the broker acknowledged, and what became of it. */
export type ProducedRecord = WitnessRecord & { readonly fate: 'plain' | 'committed' | 'aborted' | 'open' }

/** Produces cases of the adversarial corpus with the Java producer; resolves to what the broker acknowledged. */
export async function produceCorpus(kafka: ToolTarget, options: CorpusOptions): Promise<readonly ProducedRecord[]> {
  const tools = await javaTools(kafka)
  const args = [...placeArguments(kafka, options), '--codec', options.codec ?? 'none']
  if (options.transactionalId !== undefined) args.push('--transactional-id', options.transactionalId)
  for (const [name, value] of Object.entries(options.config ?? {})) args.push('--config', `${name}=${value}`)
  const produced: ProducedRecord[] = []
  const lines = tools.programLines('CorpusProducer', [...args, ...options.cases], options.signal)
  for await (const line of lines) produced.push(parseWitnessLine<Pick<ProducedRecord, 'fate'>>(line))
  return produced
}

/** Where raw batches go. */
export interface RawCorpusOptions {
  readonly topic: string
  readonly partition?: number | undefined
  readonly cases: readonly RawCase[]
  readonly signal?: AbortSignal | undefined
}

/** Produces one hand-made batch of three records a case; resolves to their base offsets. */
export async function produceRawCorpus(kafka: ToolTarget, options: RawCorpusOptions): Promise<readonly bigint[]> {
  const tools = await javaTools(kafka)
  const args = [...placeArguments(kafka, options), ...options.cases]
  const { stdout } = await tools.program('RawProducer', args, options.signal)
  return stdout.trim().split('\n').map(BigInt)
}

function placeArguments(kafka: ToolTarget, place: Pick<CorpusOptions, 'topic' | 'partition'>): string[] {
  const servers = kafka.plaintextServers.join(',')
  return ['--bootstrap', servers, '--topic', place.topic, '--partition', String(place.partition ?? 0)]
}
