/** One measurement of one case. */
export interface BenchSample {
  /** Of the work itself, as the tool or kbackup reports it; the start of a process is not in it where that can be told. */
  readonly seconds: number
  readonly cpuSeconds: number | undefined
  readonly brokerCpuSeconds: number | undefined
  readonly peakRssMiB: number | undefined
  /** On the store, for backups. */
  readonly storedBytes?: number | undefined
}

/** Something that is measured in each round. */
export interface BenchCase {
  readonly name: string
  /** Bytes of record values that it moves, for the column of rates. */
  readonly valueBytes: number
  /** Where their number says more than their bytes do. */
  readonly records?: number | undefined
  /** What its speed is compared with, by name. */
  readonly comparedWith?: readonly string[] | undefined
  /** What is needed before the first round, and not measured. */
  prepare?(): Promise<void>
  run(round: number): Promise<Omit<BenchSample, 'brokerCpuSeconds'>>
}
