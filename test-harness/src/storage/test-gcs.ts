import type { StoreProvider } from './test-s3.ts'

/** An upload that has begun and is neither finished nor cancelled. */
export interface UnfinishedUpload {
  readonly key: string
  readonly bytes: number
}

/** A running service that speaks the JSON API of Google Cloud Storage. Use it with `await using`, or call `stop()`. */
export interface TestGcs extends AsyncDisposable {
  readonly provider: StoreProvider
  /** Where uploads by sessions keep to Google's protocol, see `GcsSessions`. */
  readonly endpoint: string
  /** The emulator itself, whose sessions neither tell what they hold nor can be cancelled. */
  readonly bareEndpoint: string
  /** Makes a bucket of a fresh name and gives the name. */
  createBucket(): Promise<string>
  /** The names of the objects whose uploads have begun and are neither finished nor cancelled, with the bytes so far. */
  unfinishedUploads(): readonly UnfinishedUpload[]
  /** Lets the week pass after which Google discards unfinished uploads. */
  discardUnfinished(): void
  /** Loses answers of sessions, whose requests have had their effect, where `loses` says so. */
  loseAnswers(loses: () => boolean): void
  /** Ends the service at once and removes its data; leaves a service that belongs to somebody else as it is. */
  stop(): Promise<void>
}
