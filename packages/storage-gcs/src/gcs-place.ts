import type { BlobCallOptions, UploadRequest } from '@kbackup/core'
import { OWN_REASONS } from './gcs-failure.ts'
import { GcsRefusal } from './gcs-refusal.ts'
import type { GcsRequest, GcsRequests } from './gcs-requests.ts'
import type { HttpAnswer } from './http-exchange.ts'

/** What every new object gets. */
export interface ObjectSettings {
  readonly storageClass?: string | undefined
  readonly kmsKeyName?: string | undefined
}

/** What is left of a request that creates an object when its place is known. */
type Creation = Pick<GcsRequest, 'query' | 'headers' | 'body' | 'signal'>

/** A bucket: its paths, the settings of new objects, and what its answers leave open. */
export class GcsPlace {
  readonly bucket: string
  readonly requests: GcsRequests
  readonly #settings: ObjectSettings

  constructor(bucket: string, requests: GcsRequests, settings: ObjectSettings) {
    this.bucket = bucket
    this.requests = requests
    this.#settings = settings
  }

  get listingPath(): string {
    return `/storage/v1/b/${encodeURIComponent(this.bucket)}/o`
  }

  pathOf(key: string): string {
    return `${this.listingPath}/${encodeURIComponent(key)}`
  }

  /** The description of a new object. */
  resourceOf(key: string): Readonly<Record<string, unknown>> {
    const { storageClass } = this.#settings
    return {
      name: key,
      contentType: 'application/octet-stream',
      ...(storageClass === undefined ? {} : { storageClass }),
    }
  }

  /** Sends a request that creates an object, or begins to, under its condition. */
  create(
    request: UploadRequest,
    creation: (query: Readonly<Record<string, string | undefined>>) => Creation,
  ): Promise<HttpAnswer> {
    const { key, ifAbsent } = request
    const query = {
      name: key,
      ifGenerationMatch: ifAbsent ? '0' : undefined,
      kmsKeyName: this.#settings.kmsKeyName,
      fields: 'size,crc32c',
    }
    return this.orLost(request, () =>
      this.requests.send({ method: 'POST', path: `/upload${this.listingPath}`, ...creation(query) }),
    )
  }

  /**
   * Creates an object. To overwrite takes the right to delete, so that a writer without it can be told "forbidden" where
   * an object is there already: it has lost, like any other.
   */
  async orLost<Value>(request: UploadRequest, perform: () => Promise<Value>): Promise<Value> {
    try {
      return await perform()
    } catch (error) {
      if (!request.ifAbsent || !isRefusal(error, 403) || !(await this.#holds(request))) throw error
      throw new GcsRefusal({ ...error.facts, reason: OWN_REASONS.exists })
    }
  }

  /**
   * Asks for an object. The service says in the same way that an object and that a bucket is missing; so the first time
   * the bucket is asked for too.
   */
  async find<Value>(
    signal: AbortSignal | undefined,
    perform: (requests: GcsRequests) => Promise<Value>,
  ): Promise<Value> {
    try {
      return await perform(this.requests)
    } catch (error) {
      if (isRefusal(error, 404) && !this.requests.hasSucceeded) await this.#seeBucket({ signal })
      throw error
    }
  }

  async #seeBucket({ signal }: BlobCallOptions): Promise<void> {
    const query = { maxResults: '1', fields: 'nextPageToken' }
    try {
      const answer = await this.requests.send({ method: 'GET', path: this.listingPath, query, signal })
      answer.body.resume()
    } catch (error) {
      throw isRefusal(error, 404) ? new GcsRefusal({ ...error.facts, reason: OWN_REASONS.bucketMissing }) : error
    }
  }

  async #holds({ key, signal }: UploadRequest): Promise<boolean> {
    const query = { fields: 'name' }
    try {
      const answer = await this.requests.send({ method: 'GET', path: this.pathOf(key), query, signal })
      answer.body.resume()
      return true
    } catch {
      // The refusal itself says more.
      return false
    }
  }
}

/** Whether an error is an answer of this status. */
export function isRefusal(error: unknown, ...statuses: readonly number[]): error is GcsRefusal {
  return error instanceof GcsRefusal && statuses.includes(error.facts.status)
}
