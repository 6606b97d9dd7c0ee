import type { BlobCallOptions, BlobInfo } from './blob-store.ts'
import type { ServiceCall, ServiceFailure } from './service-failure.ts'
import type { StoreFact } from './store-fact.ts'
import type { UnfinishedUpload } from './unfinished-uploads.ts'

/**
 * What an adapter of a cloud store implements: single requests, each tried once, that fail with the errors of its SDK.
 *
 * `objectBlobStore` makes a `BlobStore` of it, and does what all such stores have in common: keys, parts of streams,
 * repeated parts, bodies that broke off, order of listings, signals, and errors. Whatever a request throws is shown to
 * `failureOf`; a `KbackupError` passes as it is.
 */
export interface ObjectService {
  /** The scheme and the place, without secrets: `s3://bucket`. */
  readonly name: string
  /** How many parts an upload can have; 10,000 on S3. */
  readonly maxParts: number
  /** How many parts of one upload may be on their way at once; 1 where they must come in order. */
  readonly maxPartsInFlight?: number | undefined
  /** Writes an object in one request. */
  put(request: PutRequest): Promise<void>
  /** Begins an upload in parts, which shows nothing until it is completed. */
  beginUpload(request: UploadRequest): Promise<ObjectUpload>
  /** Opens an object for reading; resolves when the answer begins. */
  read(request: ReadRequest): Promise<ObjectRead>
  /** What is known of an object; fails with `KB_BLOB_NOT_FOUND` if there is none. */
  head(key: string, options: BlobCallOptions): Promise<BlobInfo>
  /** One page of a listing, in the order of the keys. */
  listPage(request: ListRequest): Promise<ListPage>
  /** Deletes an object; one that is not there is deleted already. */
  delete(key: string, options: BlobCallOptions): Promise<void>
  /** One page of the uploads that were begun and neither completed nor discarded; absent where the service does not list them. */
  listUploads?(request: ListRequest): Promise<UploadPage>
  /** Discards such an upload; one that is gone is discarded already. Goes with `listUploads`. */
  discardUpload?(upload: UnfinishedUpload, options: BlobCallOptions): Promise<void>
  /** Settings of the bucket that concern archives below a prefix; absent where the service has none. Those that may not be read say so. */
  facts?(prefix: string, options: BlobCallOptions): Promise<readonly StoreFact[]>
  /** What an error of the SDK means; `undefined` for an error that is none of the service's. */
  failureOf(error: unknown, operation: ServiceCall['operation']): ServiceFailure | undefined
}

export interface UploadRequest extends BlobCallOptions {
  readonly key: string
  /** Fail with `KB_BLOB_EXISTS` instead of replacing an object. */
  readonly ifAbsent: boolean
}

export interface PutRequest extends UploadRequest {
  readonly bytes: Uint8Array
}

export interface ReadRequest extends BlobCallOptions {
  readonly key: string
  /** The first byte that is wanted; 0 for the whole object. */
  readonly start: number
  /** The byte behind the last one; absent for the end of the object. */
  readonly end?: number | undefined
  /** What an earlier answer called the content, from which this one must not differ. */
  readonly version?: string | undefined
}

/** An answer to a read whose bytes come as they are taken. */
export interface ObjectRead {
  readonly body: AsyncIterable<Uint8Array>
  /** The length of the whole object. */
  readonly size: number
  /** Names the content, so that a read that broke off goes on in the same: an ETag, a generation. */
  readonly version?: string | undefined
}

export interface ListRequest extends BlobCallOptions {
  readonly prefix: string
  /** What the page before gave as `next`. */
  readonly continuation?: string | undefined
}

export interface ListPage {
  readonly objects: readonly BlobInfo[]
  /** Where the next page begins; absent on the last. */
  readonly next?: string | undefined
}

export interface UploadPage {
  /** With the keys as the service knows them. */
  readonly uploads: readonly UnfinishedUpload[]
  /** Where the next page begins; absent on the last. */
  readonly next?: string | undefined
}

/** One part of an upload; all but the last have the same length. */
export interface UploadPart {
  /** From 1. */
  readonly number: number
  readonly bytes: Uint8Array
  readonly last: boolean
}

/** An upload in parts. */
export interface ObjectUpload {
  /** Sends a part, perhaps not for the first time; gives what `complete` needs of it. */
  sendPart(part: UploadPart, options: BlobCallOptions): Promise<string>
  /** Makes the object of the parts, in their order. */
  complete(receipts: readonly string[], options: BlobCallOptions): Promise<void>
  /** Whether the object that is there now was made by this upload; asked where the answer to `complete` was lost. */
  hasLanded(options: BlobCallOptions): Promise<boolean>
  /** Frees what the parts take up. */
  discard(options: BlobCallOptions): Promise<void>
}
