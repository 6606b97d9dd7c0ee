import { randomBytes } from 'node:crypto'
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
  textAt,
  type UploadRequest,
  valueAt,
} from '@kbackup/core'
import { checkedBody } from './checked-body.ts'
import { checksumHeader, checksumOf, checksumText } from './checksum.ts'
import { gcsFailure, OWN_REASONS } from './gcs-failure.ts'
import type { GcsPlace } from './gcs-place.ts'
import { GcsRefusal } from './gcs-refusal.ts'
import { beginGcsUpload } from './gcs-upload.ts'
import type { HttpAnswer } from './http-exchange.ts'

const PAGE = 1_000

/** The single requests of Google Cloud Storage, by its JSON API. */
export class GcsService implements ObjectService {
  readonly name: string
  // A session is bounded by the length of an object, 5 TiB, and not by parts.
  readonly maxParts = 500_000
  // A session takes bytes in their order only.
  readonly maxPartsInFlight = 1
  readonly failureOf = gcsFailure
  readonly #place: GcsPlace

  constructor(place: GcsPlace) {
    this.name = `gs://${place.bucket}`
    this.#place = place
  }

  async put(request: PutRequest): Promise<void> {
    const { key, bytes, signal } = request
    const boundary = randomBytes(16).toString('hex')
    const resource = { ...this.#place.resourceOf(key), crc32c: checksumText(checksumOf(bytes)) }
    const answer = await this.#place.create(request, (query) => ({
      query: { ...query, uploadType: 'multipart' },
      headers: { 'content-type': `multipart/related; boundary=${boundary}` },
      body: relatedBody(boundary, resource, bytes),
      signal,
    }))
    answer.body.resume()
  }

  beginUpload(request: UploadRequest): Promise<ObjectUpload> {
    return beginGcsUpload(this.#place, request)
  }

  async read({ key, start, end, version, signal }: ReadRequest): Promise<ObjectRead> {
    const isWhole = start === 0 && end === undefined
    const answer = await this.#place.find(signal, (requests) =>
      requests.send({
        method: 'GET',
        path: this.#place.pathOf(key),
        // Not `generation`, by which an object that was replaced would seem to be missing.
        query: { alt: 'media', ifGenerationMatch: version },
        headers: isWhole ? {} : { range: `bytes=${start}-${end === undefined ? '' : end - 1}` },
        signal,
      }),
    )
    const generation = generationOf(answer)
    if (version !== undefined && generation !== version) throw replaced(answer)
    const size = this.#sizeOf(answer, isWhole ? undefined : start)
    const checksum = isWhole ? checksumHeader(answer.headers) : undefined
    return { body: checkedBody(answer.body, checksum), size, version: generation }
  }

  async head(key: string, { signal }: BlobCallOptions): Promise<BlobInfo> {
    const object = await this.#place.find(signal, (requests) =>
      requests.sendForJson({
        method: 'GET',
        path: this.#place.pathOf(key),
        query: { fields: 'name,size,updated' },
        signal,
      }),
    )
    return { ...infoOf(object), key }
  }

  async listPage({ prefix, continuation, signal }: ListRequest): Promise<ListPage> {
    const page = await this.#place.requests.sendForJson({
      method: 'GET',
      path: this.#place.listingPath,
      query: {
        prefix,
        pageToken: continuation,
        maxResults: String(PAGE),
        fields: 'nextPageToken,items(name,size,updated)',
      },
      signal,
    })
    const items = valueAt(page, 'items')
    return { objects: Array.isArray(items) ? items.map(infoOf) : [], next: textAt(page, 'nextPageToken') }
  }

  async delete(key: string, { signal }: BlobCallOptions): Promise<void> {
    const answer = await this.#place.find(signal, (requests) =>
      requests.send({ method: 'DELETE', path: this.#place.pathOf(key), signal }),
    )
    answer.body.resume()
  }

  #sizeOf({ status, headers, body }: HttpAnswer, start: number | undefined): number {
    const length = headers['content-length']
    if (start === undefined && status === 200 && length !== undefined) return Number(length)
    const range = contentRange(headers['content-range'])
    if (start !== undefined && range !== undefined && range.start === start) return range.size
    // Nobody will read it, and it would keep its connection.
    body.destroy()
    throw new KbackupError('KB_STORE_FAILED', {
      message: `${this.name} does not answer requests for bytes with these bytes and their number`,
      hint: 'Look for a proxy on the way, or use another store.',
    })
  }
}

function relatedBody(boundary: string, resource: unknown, bytes: Uint8Array): readonly Uint8Array[] {
  const head =
    `--${boundary}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(resource)}\r\n` +
    `--${boundary}\r\ncontent-type: application/octet-stream\r\n\r\n`
  return [Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]
}

function generationOf({ headers }: HttpAnswer): string | undefined {
  const generation = headers['x-goog-generation']
  return typeof generation === 'string' ? generation : undefined
}

function replaced({ status, body }: HttpAnswer): GcsRefusal {
  body.destroy()
  return new GcsRefusal({ status, reason: OWN_REASONS.replaced })
}

function infoOf(object: unknown): BlobInfo {
  return {
    key: textAt(object, 'name') ?? '',
    size: Number(textAt(object, 'size') ?? 0),
    modifiedAtMs: Date.parse(textAt(object, 'updated') ?? '') || 0,
  }
}
