import type { BlobStore } from '@kbackup/core'

/** A store that things go wrong with, and the way past them. */
export interface ChaosBackend extends AsyncDisposable {
  readonly name: string
  /** Two clients of the store, each as another process would have it, whose requests go wrong. */
  readonly stores: readonly [BlobStore, BlobStore]
  /** The same store, in which nothing goes wrong: what is really there. */
  readonly calm: BlobStore
  /** Lets things go wrong as this seed has it. */
  begin(seed: number): void
  /** Waits until what is on its way has arrived. */
  settle(): Promise<void>
  /** How often what went wrong. */
  readonly counts: Readonly<Record<string, number>>
}
