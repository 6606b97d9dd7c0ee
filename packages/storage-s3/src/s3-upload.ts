import { randomBytes } from 'node:crypto'
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3'
import {
  type BlobCallOptions,
  KbackupError,
  type ObjectUpload,
  type UploadPart,
  type UploadRequest,
} from '@kbackup/core'
import { s3Failure } from './s3-failure.ts'
import { discardS3Upload } from './s3-unfinished.ts'
import { sendOnce } from './send-once.ts'

/** What every new object gets: class, encryption, tags, checksum. */
export type ObjectSettings = Pick<
  PutObjectCommandInput,
  'StorageClass' | 'ServerSideEncryption' | 'SSEKMSKeyId' | 'Tagging' | 'ChecksumAlgorithm'
>

// Tells our object from another writer's when the answer to the completion was lost.
const NONCE_KEY = 'kbackup-upload'

export interface S3UploadContext {
  readonly client: S3Client
  /** For the completion of uploads, over which a store may be silent for longer. */
  readonly patientClient: S3Client
  readonly bucket: string
  readonly settings: ObjectSettings
}

/** Begins a multipart upload. */
export async function beginS3Upload(context: S3UploadContext, request: UploadRequest): Promise<ObjectUpload> {
  const { client, bucket, settings } = context
  const target = { Bucket: bucket, Key: request.key }
  const nonce = randomBytes(16).toString('hex')
  const command = new CreateMultipartUploadCommand({ ...target, ...settings, Metadata: { [NONCE_KEY]: nonce } })
  const { UploadId: uploadId } = await sendOnce(client, command, request.signal)
  if (uploadId === undefined) throw new KbackupError('KB_STORE_FAILED', { message: 's3 gave an upload no id' })
  return new S3Upload(context, { ...request, uploadId, nonce })
}

interface BegunUpload extends Omit<UploadRequest, 'signal'> {
  readonly uploadId: string
  readonly nonce: string
}

class S3Upload implements ObjectUpload {
  readonly #context: S3UploadContext
  readonly #begun: BegunUpload

  constructor(context: S3UploadContext, begun: BegunUpload) {
    this.#context = context
    this.#begun = begun
  }

  async sendPart({ number, bytes }: UploadPart, { signal }: BlobCallOptions): Promise<string> {
    const { ChecksumAlgorithm } = this.#context.settings
    const command = new UploadPartCommand({ ...this.#upload, PartNumber: number, Body: bytes, ChecksumAlgorithm })
    return JSON.stringify(completedPart(number, await sendOnce(this.#context.client, command, signal)))
  }

  async complete(receipts: readonly string[], { signal }: BlobCallOptions): Promise<void> {
    const Parts = receipts.map((receipt): CompletedPart => JSON.parse(receipt))
    const condition = this.#begun.ifAbsent ? { IfNoneMatch: '*' } : {}
    const command = new CompleteMultipartUploadCommand({ ...this.#upload, ...condition, MultipartUpload: { Parts } })
    await sendOnce(this.#context.patientClient, command, signal)
  }

  async hasLanded({ signal }: BlobCallOptions): Promise<boolean> {
    const { client, bucket } = this.#context
    try {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: this.#begun.key })
      const { Metadata = {} } = await sendOnce(client, command, signal)
      return Metadata[NONCE_KEY] === this.#begun.nonce
    } catch (error) {
      if (s3Failure(error, 'head')?.code === 'KB_BLOB_NOT_FOUND') return false
      throw error
    }
  }

  discard(options: BlobCallOptions): Promise<void> {
    return discardS3Upload(this.#context, this.#begun, options)
  }

  get #upload(): { readonly Bucket: string; readonly Key: string; readonly UploadId: string } {
    return { Bucket: this.#context.bucket, Key: this.#begun.key, UploadId: this.#begun.uploadId }
  }
}

function completedPart(number: number, output: UploadPartCommandOutput): CompletedPart {
  const { ETag, ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 } = output
  return {
    PartNumber: number,
    ETag,
    ChecksumCRC32,
    ChecksumCRC32C,
    ChecksumCRC64NVME,
    ChecksumSHA1,
    ChecksumSHA256,
  }
}
