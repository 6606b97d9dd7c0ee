import type { StoreProvider } from './test-s3.ts'

/** A running service that speaks the JSON API of Google Cloud Storage. Use it with `await using`, or call `stop()`. */
export interface TestGcs extends AsyncDisposable {
  readonly provider: StoreProvider
  /** Where uploads by sessions keep to Google's protocol, see `GcsSessions`. */
  readonly endpoint: string
  /** The emulator itself, whose sessions neither tell what they hold nor can be cancelled. */
  readonly bareEndpoint: string
  /** Makes a bucket of a fresh name and gives the name. */
  createBucket(): Promise<string>
  /** The names of the objects whose uploads have begun and are neither finished nor cancelled. */
  unfinishedUploads(): readonly string[]
  /** Ends the service at once and removes its data; leaves a service that belongs to somebody else as it is. */
  stop(): Promise<void>
}
