import { addAbortSignal, Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import {
  type BlobCallOptions,
  type BlobInfo,
  contentRange,
  KbackupError,
  type ListPage,
  type ListRequest,
  type ObjectRead,
  type ObjectService,
  type ObjectUpload,
  type PutRequest,
  type ReadRequest,
  type StoreFact,
  type UnfinishedUpload,
  type UploadPage,
  type UploadRequest,
} from '@kbackup/core'
import { listingCutShort } from './listing-cut-short.ts'
import { s3Facts } from './s3-facts.ts'
import { s3Failure } from './s3-failure.ts'
import { discardS3Upload, listS3Uploads } from './s3-unfinished.ts'
import { beginS3Upload, type S3UploadContext } from './s3-upload.ts'
import { sendOnce } from './send-once.ts'

/** The single requests of S3. */
export class S3Service implements ObjectService {
  readonly name: string
  readonly maxParts = 10_000
  readonly failureOf = s3Failure
  readonly #context: S3UploadContext

  constructor(context: S3UploadContext) {
    this.name = `s3://${context.bucket}`
    this.#context = context
  }

  async put({ key, bytes, ifAbsent, signal }: PutRequest): Promise<void> {
    const { client, settings } = this.#context
    const condition = ifAbsent ? { IfNoneMatch: '*' } : {}
    const command = new PutObjectCommand({ ...this.#at(key), ...settings, ...condition, Body: bytes })
    await sendOnce(client, command, signal)
  }

  beginUpload(request: UploadRequest): Promise<ObjectUpload> {
    return beginS3Upload(this.#context, request)
  }

  async read({ key, start, end, version, signal }: ReadRequest): Promise<ObjectRead> {
    const whole = start === 0 && end === undefined
    const command = new GetObjectCommand({
      ...this.#at(key),
      ...(whole ? { ChecksumMode: 'ENABLED' } : { Range: `bytes=${start}-${end === undefined ? '' : end - 1}` }),
      ...(version === undefined ? {} : { IfMatch: version }),
    })
    const output = await sendOnce(this.#context.client, command, signal)
    const size = this.#sizeOf(output, whole ? undefined : start)
    return { body: bodyOf(output, signal), size, version: output.ETag }
  }

  async head(key: string, { signal }: BlobCallOptions): Promise<BlobInfo> {
    const output = await sendOnce(this.#context.client, new HeadObjectCommand(this.#at(key)), signal)
    return { key, size: output.ContentLength ?? 0, modifiedAtMs: output.LastModified?.getTime() ?? 0 }
  }

  async listPage({ prefix, continuation, signal }: ListRequest): Promise<ListPage> {
    const command = new ListObjectsV2Command({
      Bucket: this.#context.bucket,
      Prefix: prefix,
      ContinuationToken: continuation,
    })
    const { Contents = [], IsTruncated, NextContinuationToken } = await sendOnce(this.#context.client, command, signal)
    const objects = Contents.map(({ Key = '', Size = 0, LastModified }) => {
      return { key: Key, size: Size, modifiedAtMs: LastModified?.getTime() ?? 0 }
    })
    if (IsTruncated !== true) return { objects }
    if (NextContinuationToken === undefined) throw listingCutShort(this.#context.bucket, prefix)
    return { objects, next: NextContinuationToken }
  }

  async delete(key: string, { signal }: BlobCallOptions): Promise<void> {
    await sendOnce(this.#context.client, new DeleteObjectCommand(this.#at(key)), signal)
  }

  listUploads(request: ListRequest): Promise<UploadPage> {
    return listS3Uploads(this.#context, request)
  }

  discardUpload({ key, id }: UnfinishedUpload, options: BlobCallOptions): Promise<void> {
    return discardS3Upload(this.#context, { key, uploadId: id }, options)
  }

  facts(prefix: string, options: BlobCallOptions): Promise<readonly StoreFact[]> {
    return s3Facts(this.#context, prefix, options)
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#context.bucket, Key: key }
  }

  #sizeOf({ ContentRange, ContentLength, Body }: GetObjectCommandOutput, start: number | undefined): number {
    if (start === undefined && ContentLength !== undefined) return ContentLength
    const range = contentRange(ContentRange)
    if (range !== undefined && range.start === start) return range.size
    // Nobody will read it, and it would keep its connection.
    if (Body instanceof Readable) Body.destroy()
    throw new KbackupError('KB_STORE_FAILED', {
      message: `${this.name} does not answer requests for ranges with ranges`,
      hint: 'Look for a proxy on the way, or use another store.',
    })
  }
}

/** The body, which ends with the signal's reason even while it is silent. */
function bodyOf({ Body }: GetObjectCommandOutput, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
  if (!(Body instanceof Readable)) return Readable.from([])
  return signal === undefined ? Body : addAbortSignal(signal, Body)
}
