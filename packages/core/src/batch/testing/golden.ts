import { readFileSync } from 'node:fs'
import type { BatchCodec } from '../batch-codec.ts'

/** A record as `GoldenBatches.java` printed it; bytes as hexadecimal digits. */
export interface GoldenRecord {
  readonly offset: string
  readonly timestamp: string
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [string, string | null])[]
}

/** A batch as Kafka's own classes read it. */
export interface GoldenBatch {
  readonly baseOffset: string
  readonly lastOffset: string
  readonly nextOffset: string
  readonly sizeInBytes: number
  readonly recordCount: number
  readonly partitionLeaderEpoch: number
  readonly codec: BatchCodec
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  readonly isTransactional: boolean
  readonly isControl: boolean
  readonly deleteHorizon: string | null
  readonly maxTimestamp: string
  readonly minTimestamp: string | null
  readonly producerId: string
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly crc: number
  readonly recordsSha256: string
  /** Left out for large files. */
  readonly records?: readonly GoldenRecord[]
}

const FOLDER = new URL('../fixtures/golden/', import.meta.url)

export function goldenBytes(name: string): Buffer {
  return readFileSync(new URL(`${name}.bin`, FOLDER))
}

export function goldenBatches(name: string): readonly GoldenBatch[] {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'))
}
