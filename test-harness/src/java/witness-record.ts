/** Bytes as a Java client saw them: hexadecimal, digest and length where they are long, or null. */
export type WitnessBytes = string | { readonly sha256: string; readonly length: number } | null

/** A record as a Java client saw it; comparable with `toEqual`. */
export interface WitnessRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly timestamp: bigint
  readonly timestampType: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType'
  readonly key: WitnessBytes
  readonly value: WitnessBytes
  /** In order; the keys as bytes too, so that one that is not UTF-8 shows as it was written. */
  readonly headers: readonly (readonly [key: WitnessBytes, value: WitnessBytes])[]
}

type Wire<T> = { readonly [Name in keyof T]: T[Name] extends bigint ? string : T[Name] }

/** Reads a line that `RecordDump` or `CorpusProducer` printed. */
export function parseWitnessLine<Extra extends object = object>(line: string): WitnessRecord & Extra {
  const record = JSON.parse(line) as Wire<WitnessRecord> & Extra
  return { ...record, offset: BigInt(record.offset), timestamp: BigInt(record.timestamp) }
}
