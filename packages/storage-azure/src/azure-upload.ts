import { createHash, randomBytes } from 'node:crypto'
import type { BlobRequestConditions, BlockBlobClient } from '@azure/storage-blob'
import {
  type BlobCallOptions,
  blobExists,
  type ObjectUpload,
  type SilenceLimits,
  type UploadPart,
  type UploadRequest,
} from '@kbackup/core'
import { answerInTime } from './answer-in-time.ts'
import { azureFailure, azureWord } from './azure-failure.ts'

/** What every new blob gets: tier and encryption scope. */
export interface BlobSettings {
  readonly tier?: string
  readonly encryptionScope?: string
}

/** A blob that is to be written, and how. */
export interface BlobTarget extends Omit<UploadRequest, 'signal'> {
  readonly store: string
  readonly blob: BlockBlobClient
  readonly settings: BlobSettings
  readonly hasChecksum: boolean
  readonly silence: SilenceLimits
}

// Tells our blob from another writer's when the answer to the commit was lost. Names are words without hyphens.
const NONCE_KEY = 'kbackup_upload'

/**
 * Refusals that Azure may give before it looks at the condition of a write, when there is a blob: whether there is one has
 * then to be asked. `InvalidBlockList` is one, for the commit of another writer removes the blocks of all others.
 */
const PERHAPS_EXISTS = new Set(['InvalidBlockList', 'BlobImmutableDueToPolicy', 'LeaseIdMissing', 'BlobArchived'])

/** The condition of a write that must not replace anything. */
export function writeConditions({ ifAbsent }: Pick<UploadRequest, 'ifAbsent'>): BlobRequestConditions {
  return ifAbsent ? { ifNoneMatch: '*' } : {}
}

/** The MD5 that goes with a body, which the service compares with what it got. */
export function bodyChecksum({ hasChecksum }: BlobTarget, bytes: Uint8Array) {
  return hasChecksum ? { transactionalContentMD5: createHash('md5').update(bytes).digest() } : {}
}

/** The same memory as a `Buffer`: the SDK takes other views for what they are cut out of, or for nothing. */
export function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/**
 * What to make of a refused write: `landed` if the blob that is there is the one with this nonce.
 *
 * @throws what was refused, or `KB_BLOB_EXISTS` where the refusal had to do with a blob that was seen.
 */
export async function settleRefusal(
  target: BlobTarget,
  refusal: unknown,
  { nonce, signal }: BlobCallOptions & { readonly nonce?: string },
): Promise<'landed'> {
  const { store, key, ifAbsent } = target
  if (!ifAbsent || !PERHAPS_EXISTS.has(azureWord(refusal) ?? '')) throw refusal
  const found = await findBlob(target, signal).catch(() => undefined)
  if (found === undefined) throw refusal
  if (nonce !== undefined && found.nonce === nonce) return 'landed'
  throw blobExists(store, key)
}

interface FoundBlob {
  readonly nonce: string | undefined
}

async function findBlob(
  { blob, silence }: BlobTarget,
  signal: AbortSignal | undefined,
): Promise<FoundBlob | undefined> {
  try {
    const silenceMs = silence.answerMs
    const { metadata } = await answerInTime({ signal, silenceMs }, (abortSignal) => blob.getProperties({ abortSignal }))
    return { nonce: metadata?.[NONCE_KEY] }
  } catch (error) {
    if (azureFailure(error, 'head')?.code === 'KB_BLOB_NOT_FOUND') return undefined
    throw error
  }
}

/**
 * An upload of blocks, which show nothing until their list is committed.
 *
 * The ids of the blocks hold a nonce, so that two writers of one key never mix their blocks, and are all of one length, as
 * Azure wants those of one blob to be. Whoever commits first removes the uncommitted blocks of the others.
 */
export class AzureUpload implements ObjectUpload {
  readonly #target: BlobTarget
  readonly #nonce = randomBytes(16).toString('hex')

  constructor(target: BlobTarget) {
    this.#target = target
  }

  async sendPart({ number, bytes }: UploadPart, { signal }: BlobCallOptions): Promise<string> {
    const { blob, settings, silence } = this.#target
    const id = Buffer.from(`${this.#nonce}-${String(number).padStart(5, '0')}`).toString('base64')
    const { encryptionScope } = settings
    const options = {
      ...bodyChecksum(this.#target, bytes),
      ...(encryptionScope === undefined ? {} : { encryptionScope }),
    }
    await answerInTime({ signal, bytes: bytes.length, silenceMs: silence.answerMs }, (abortSignal) =>
      blob.stageBlock(id, bufferOf(bytes), bytes.length, { ...options, abortSignal }),
    )
    return id
  }

  async complete(receipts: readonly string[], { signal }: BlobCallOptions): Promise<void> {
    const { blob, settings, silence } = this.#target
    const conditions = writeConditions(this.#target)
    const metadata = { [NONCE_KEY]: this.#nonce }
    try {
      await answerInTime({ signal, silenceMs: silence.completionMs }, (abortSignal) =>
        blob.commitBlockList([...receipts], { ...settings, conditions, metadata, abortSignal }),
      )
    } catch (error) {
      await settleRefusal(this.#target, error, { nonce: this.#nonce, signal })
    }
  }

  async hasLanded({ signal }: BlobCallOptions): Promise<boolean> {
    const found = await findBlob(this.#target, signal)
    return found?.nonce === this.#nonce
  }

  /**
   * Nothing to do: Azure cannot drop uncommitted blocks of a blob, other than by writing or deleting it, which would be for
   * everybody to see. They show nowhere, and Azure removes them after a week.
   */
  async discard(): Promise<void> {}
}
