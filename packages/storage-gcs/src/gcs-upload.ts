import { randomBytes } from 'node:crypto'
import {
  type BlobCallOptions,
  KbackupError,
  type ObjectUpload,
  textAt,
  type UploadPart,
  type UploadRequest,
  valueAt,
} from '@kbackup/core'
import { checksumOf, checksumText } from './checksum.ts'
import { OWN_REASONS } from './gcs-failure.ts'
import { type GcsPlace, isRefusal } from './gcs-place.ts'
import { GcsRefusal } from './gcs-refusal.ts'
import { jsonOf } from './gcs-requests.ts'
import { type SessionBytes, UploadSession } from './upload-session.ts'

// Tells our object from another writer's when the answer to the last part was lost.
const NONCE_KEY = 'kbackup-upload'

/** Begins an upload by a resumable session. */
export async function beginGcsUpload(place: GcsPlace, request: UploadRequest): Promise<ObjectUpload> {
  const { key, ifAbsent, signal } = request
  const nonce = randomBytes(16).toString('hex')
  const resource = { ...place.resourceOf(key), metadata: { [NONCE_KEY]: nonce } }
  const answer = await place.create(request, (query) => ({
    query: { ...query, uploadType: 'resumable' },
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: [Buffer.from(JSON.stringify(resource))],
    signal,
  }))
  answer.body.resume()
  const { location } = answer.headers
  if (location === undefined || !URL.canParse(location)) {
    throw new KbackupError('KB_STORE_FAILED', { message: `gs://${place.bucket} gave an upload no session` })
  }
  return new GcsUpload(place, { key, ifAbsent, nonce, session: new UploadSession(place.requests, location) })
}

interface BegunUpload extends Omit<UploadRequest, 'signal'> {
  readonly nonce: string
  readonly session: UploadSession
}

/** Sends each part when it comes, but the last one, which makes the object, when the upload is completed. */
class GcsUpload implements ObjectUpload {
  readonly #place: GcsPlace
  readonly #begun: BegunUpload
  #part: { readonly number: number; readonly start: number; readonly end: number } | undefined
  /** Those of the last part only: the others are not kept any longer than it takes to send them. */
  #lastBytes: SessionBytes | undefined
  #checksum = 0

  constructor(place: GcsPlace, begun: BegunUpload) {
    this.#place = place
    this.#begun = begun
  }

  async sendPart(part: UploadPart, { signal }: BlobCallOptions): Promise<string> {
    const bytes = this.#placed(part)
    if (part.last) this.#lastBytes = bytes
    else await this.#begun.session.send(bytes, signal)
    return String(part.number)
  }

  async complete(_receipts: readonly string[], { signal }: BlobCallOptions): Promise<void> {
    const last = this.#lastBytes
    if (last === undefined)
      throw new KbackupError('KB_INTERNAL', { message: 'an upload without a last part was completed' })
    const checksum = checksumText(this.#checksum)
    const headers = { 'x-goog-hash': `crc32c=${checksum}` }
    const answer = await this.#place.orLost({ ...this.#begun, signal }, () =>
      this.#begun.session.finish({ ...last, headers }, signal),
    )
    const kept = textAt(await jsonOf(answer), 'crc32c')
    if (kept !== undefined && kept !== checksum) {
      throw new GcsRefusal({ status: answer.status, reason: OWN_REASONS.damaged })
    }
  }

  async hasLanded({ signal }: BlobCallOptions): Promise<boolean> {
    const request = { method: 'GET', path: this.#place.pathOf(this.#begun.key), signal } as const
    try {
      const object = await this.#place.requests.sendForJson({ ...request, query: { fields: 'metadata' } })
      return textAt(valueAt(object, 'metadata'), NONCE_KEY) === this.#begun.nonce
    } catch (error) {
      if (isRefusal(error, 404)) return false
      throw error
    }
  }

  discard({ signal }: BlobCallOptions): Promise<void> {
    return this.#begun.session.cancel(signal)
  }

  /** Where a part lies in the object; parts come in their order, perhaps not for the first time. */
  #placed({ number, bytes }: UploadPart): SessionBytes {
    const before = this.#part
    if (before?.number === number) return { start: before.start, bytes }
    const start = before?.end ?? 0
    this.#checksum = checksumOf(bytes, this.#checksum)
    this.#part = { number, start, end: start + bytes.length }
    return { start, bytes }
  }
}
