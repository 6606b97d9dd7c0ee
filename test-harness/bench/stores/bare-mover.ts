import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { Storage } from '@google-cloud/storage'
import type { AddressOf } from '../../src/storage/store-address.ts'
import { type ObjectMover, PART_BYTES, PARTS_IN_FLIGHT, SPARE_PARTS, type StoreJob } from './store-job.ts'

/** Objects by the SDK of the service alone, in the same parts and with as many on their way. */
export function bareMover({ address, side, keys }: Pick<StoreJob, 'address' | 'side' | 'keys'>): ObjectMover {
  const atOnce = partsInFlight(keys.length)
  switch (address.backend) {
    case 's3':
      return bareS3(address, atOnce)
    case 'gcs':
      return bareGcs(address)
    case 'azure':
      return side === 'bare-md5' ? bareAzureWithMd5(address, atOnce) : bareAzure(address, atOnce)
    case 'filesystem':
      throw new Error('there is no SDK for folders')
  }
}

/** kbackup holds one part of each object, and shares a few more among all. */
function partsInFlight(objects: number): number {
  return Math.min(PARTS_IN_FLIGHT, 1 + Math.ceil(SPARE_PARTS / objects))
}

function bareS3({ endpoint, region, bucket, ...credentials }: AddressOf<'s3'>, atOnce: number): ObjectMover {
  const client = new S3Client({
    ...{ endpoint, region, credentials, forcePathStyle: true },
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
  })
  return {
    async upload(key, chunks) {
      const where = { Bucket: bucket, Key: key }
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(where))
      const parts: Promise<{ ETag: string | undefined; PartNumber: number }>[] = []
      for await (const Body of partsOf(chunks)) {
        const PartNumber = parts.length + 1
        const sent = client.send(new UploadPartCommand({ ...where, UploadId, PartNumber, Body }))
        parts.push(sent.then(({ ETag }) => ({ ETag, PartNumber })))
        await parts[parts.length - atOnce]
      }
      const MultipartUpload = { Parts: await Promise.all(parts) }
      await client.send(new CompleteMultipartUploadCommand({ ...where, UploadId, MultipartUpload, IfNoneMatch: '*' }))
    },
    async download(key, start, end) {
      const { Body } = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${start}-${end - 1}` }),
      )
      return (await Body?.transformToByteArray())?.length ?? 0
    },
  }
}

async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  let gathered: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunks) {
    gathered.push(chunk)
    length += chunk.length
    if (length < PART_BYTES) continue
    yield Buffer.concat(gathered)
    gathered = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(gathered)
}

function bareGcs({ endpoint, bucket }: AddressOf<'gcs'>): ObjectMover {
  const files = new Storage({ apiEndpoint: endpoint, projectId: 'bench', useAuthWithCustomEndpoint: false }).bucket(
    bucket,
  )
  return {
    async upload(key, chunks) {
      const options = { resumable: true, chunkSize: PART_BYTES, preconditionOpts: { ifGenerationMatch: 0 } }
      await pipeline(Readable.from(chunks), files.file(key).createWriteStream(options))
    },
    async download(key, start, end) {
      const [bytes] = await files.file(key).download({ start, end: end - 1, validation: false })
      return bytes.length
    },
  }
}

function bareAzure(address: AddressOf<'azure'>, atOnce: number): ObjectMover {
  const client = containerOf(address)
  return {
    async upload(key, chunks) {
      const options = { conditions: { ifNoneMatch: '*' } }
      await client.getBlockBlobClient(key).uploadStream(Readable.from(chunks), PART_BYTES, atOnce, options)
    },
    async download(key, start, end) {
      return (await client.getBlockBlobClient(key).downloadToBuffer(start, end - start)).length
    },
  }
}

function bareAzureWithMd5(address: AddressOf<'azure'>, atOnce: number): ObjectMover {
  const client = containerOf(address)
  return {
    ...bareAzure(address, atOnce),
    async upload(key, chunks) {
      const blob = client.getBlockBlobClient(key)
      const ids: string[] = []
      const sent: Promise<unknown>[] = []
      for await (const part of partsOf(chunks)) {
        const id = Buffer.from(String(ids.length).padStart(5, '0')).toString('base64')
        ids.push(id)
        const transactionalContentMD5 = createHash('md5').update(part).digest()
        sent.push(blob.stageBlock(id, part, part.length, { transactionalContentMD5 }))
        await sent[sent.length - atOnce]
      }
      await Promise.all(sent)
      await blob.commitBlockList(ids, { conditions: { ifNoneMatch: '*' } })
    },
  }
}

function containerOf({ endpoint, account, accountKey, container }: AddressOf<'azure'>): ContainerClient {
  const credential = new StorageSharedKeyCredential(account, accountKey)
  return new ContainerClient(`${endpoint}/${account}/${container}`, credential)
}
