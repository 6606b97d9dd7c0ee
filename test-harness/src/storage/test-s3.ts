/** Who runs a store: somebody else at a given address, a container engine, or a process of this machine. */
export type StoreProvider = 'address' | 'container' | 'process'

/** A running service that speaks S3. Use it with `await using`, or call `stop()`. */
export interface TestS3 extends AsyncDisposable {
  readonly provider: StoreProvider
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Makes a bucket of a fresh name and gives the name. */
  createBucket(): Promise<string>
  /** Ends the service at once and removes its data; leaves a service that belongs to somebody else as it is. */
  stop(): Promise<void>
}

/** The keys of a user. */
export type S3UserKeys = Pick<TestS3, 'accessKeyId' | 'secretAccessKey'>

/** A service that speaks S3 and keeps users to their rights. */
export interface TestS3WithUsers extends TestS3 {
  /** Makes a bucket of a name that policies know. */
  createNamedBucket(name: string): Promise<void>
  /** Makes a user who may do what a policy of IAM allows, word for word, and nothing else. */
  createUser(name: string, policy: string): Promise<S3UserKeys>
}
