import type { StoreProvider } from './test-s3.ts'

/** A running service that speaks the protocol of Azure Blob storage. Use it with `await using`, or call `stop()`. */
export interface TestAzure extends AsyncDisposable {
  readonly provider: StoreProvider
  readonly endpoint: string
  readonly account: string
  readonly accountKey: string
  /** Makes a container of a fresh name and gives the name. */
  createContainer(): Promise<string>
  /** A shared access signature that gives so much: `rl`, `rclw`. */
  signatureFor(container: string, permissions: string): string
  /** Ends the service at once and removes its data; leaves a service that belongs to somebody else as it is. */
  stop(): Promise<void>
}
