import { Readable } from 'node:stream'
import type { BlobDownloadResponseParsed, ContainerClient } from '@azure/storage-blob'
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
  type SilenceLimits,
  type UploadRequest,
} from '@kbackup/core'
import { answerInTime, type TimedRequest } from './answer-in-time.ts'
import { azureFailure } from './azure-failure.ts'
import {
  AzureUpload,
  type BlobSettings,
  type BlobTarget,
  bodyChecksum,
  bufferOf,
  settleRefusal,
  writeConditions,
} from './azure-upload.ts'
import { receivedBody } from './received-body.ts'

// For longer ranges the service makes no MD5.
const MAX_RANGE_WITH_MD5 = 4 * 1024 * 1024

/** A container, and how its blobs are written. */
export interface AzureContext {
  readonly container: ContainerClient
  readonly settings: BlobSettings
  readonly hasChecksum: boolean
  readonly silence: SilenceLimits
}

/** The single requests of Azure Blob storage. */
export class AzureService implements ObjectService {
  readonly name: string
  readonly maxParts = 50_000
  readonly failureOf = azureFailure
  readonly #context: AzureContext

  constructor(context: AzureContext) {
    const { accountName, containerName } = context.container
    this.name = `az://${accountName}/${containerName}`
    this.#context = context
  }

  async put({ bytes, signal, ...request }: PutRequest): Promise<void> {
    const target = this.#target(request)
    const options = { ...target.settings, ...bodyChecksum(target, bytes), conditions: writeConditions(target) }
    try {
      await this.#inTime({ signal, bytes: bytes.length }, (abortSignal) =>
        target.blob.upload(bufferOf(bytes), bytes.length, { ...options, abortSignal }),
      )
    } catch (error) {
      await settleRefusal(target, error, { signal })
    }
  }

  async beginUpload({ signal: _, ...request }: UploadRequest): Promise<ObjectUpload> {
    return new AzureUpload(this.#target(request))
  }

  async read({ key, start, end, version, signal }: ReadRequest): Promise<ObjectRead> {
    const length = end === undefined ? undefined : end - start
    const whole = start === 0 && length === undefined
    const options = {
      // What breaks off is resumed by core.
      maxRetryRequests: 0,
      rangeGetContentMD5: length !== undefined && length <= MAX_RANGE_WITH_MD5 && this.#context.hasChecksum,
      conditions: version === undefined ? {} : { ifMatch: version },
    }
    const answer = await this.#inTime({ signal }, (abortSignal) =>
      this.#blob(key).download(start, length, { ...options, abortSignal }),
    )
    const { stream, size, contentLength } = this.#opened(answer, whole ? undefined : start)
    const { hasChecksum, silence } = this.#context
    const md5 = hasChecksum ? answer.contentMD5 : undefined
    const expected = { length: contentLength, md5, silenceMs: silence.answerMs, signal }
    return { body: receivedBody(stream, expected), size, version: answer.etag }
  }

  async head(key: string, { signal }: BlobCallOptions): Promise<BlobInfo> {
    const found = await this.#inTime({ signal }, (abortSignal) => this.#blob(key).getProperties({ abortSignal }))
    return { key, size: found.contentLength ?? 0, modifiedAtMs: found.lastModified?.getTime() ?? 0 }
  }

  async listPage({ prefix, continuation, signal }: ListRequest): Promise<ListPage> {
    const page = await this.#inTime({ signal }, (abortSignal) => {
      const pages = this.#context.container
        .listBlobsFlat({ ...(prefix === '' ? {} : { prefix }), abortSignal })
        .byPage(continuation === undefined ? {} : { continuationToken: continuation })
      return pages.next()
    })
    if (page.done === true) throw this.#unlistable(prefix)
    const objects = page.value.segment.blobItems.map(({ name, properties }) => {
      return { key: name, size: properties.contentLength ?? 0, modifiedAtMs: properties.lastModified.getTime() }
    })
    const next = page.value.continuationToken
    return next ? { objects, next } : { objects }
  }

  async delete(key: string, { signal }: BlobCallOptions): Promise<void> {
    await this.#inTime({ signal }, (abortSignal) => this.#blob(key).delete({ abortSignal }))
  }

  #inTime<Answer>(
    request: Omit<TimedRequest, 'silenceMs'>,
    send: (abortSignal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    return answerInTime({ ...request, silenceMs: this.#context.silence.answerMs }, send)
  }

  #blob(key: string) {
    return this.#context.container.getBlockBlobClient(key)
  }

  #target({ key, ifAbsent }: Omit<UploadRequest, 'signal'>): BlobTarget {
    const { settings, hasChecksum, silence } = this.#context
    return { store: this.name, key, ifAbsent, blob: this.#blob(key), settings, hasChecksum, silence }
  }

  /** The stream of an answer, and the length of the whole blob. */
  #opened(answer: BlobDownloadResponseParsed, start: number | undefined) {
    const { readableStreamBody, contentLength = 0 } = answer
    const stream = readableStreamBody instanceof Readable ? readableStreamBody : Readable.from([])
    // Of an empty blob Azurite has no ranges, and gives it whole.
    if (start === undefined || contentLength === 0) return { stream, size: contentLength, contentLength }
    const range = contentRange(answer.contentRange)
    if (range !== undefined && range.start === start) return { stream, size: range.size, contentLength }
    // Nobody will read it, and it would keep its connection.
    stream.destroy()
    throw new KbackupError('KB_STORE_FAILED', {
      message: `${this.name} does not answer requests for ranges with ranges`,
      hint: 'Look for a proxy on the way, or check the endpoint.',
    })
  }

  /** To take it for an empty one would be to take blobs for missing. */
  #unlistable(prefix: string): KbackupError {
    return new KbackupError('KB_STORE_FAILED', {
      message: `${this.name}: the listing of ${prefix === '' ? 'everything' : prefix} has no page`,
      hint: 'Check the endpoint.',
      details: { store: this.name, operation: 'list', key: prefix },
    })
  }
}
