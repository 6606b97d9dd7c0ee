import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { z } from 'zod'
import type { AddressOf } from '../storage/store-address.ts'

const commitShape = z.object({ sections: z.array(z.object({ key: z.string() })) })

/** What lies in a bucket, asked of the service itself and not of the store that is tested. */
export class BucketWitness implements Disposable {
  readonly #client: S3Client
  readonly #bucket: string

  constructor({ endpoint, region, bucket, accessKeyId, secretAccessKey }: AddressOf<'s3'>) {
    const credentials = { accessKeyId, secretAccessKey }
    this.#client = new S3Client({ endpoint, region, forcePathStyle: true, credentials })
    this.#bucket = bucket
  }

  [Symbol.dispose](): void {
    this.#client.destroy()
  }

  /** How many uploads were begun and neither completed nor aborted. */
  async unfinishedUploads(): Promise<number> {
    const { Uploads = [] } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.#bucket }))
    return Uploads.length
  }

  /** Objects of sections that no commit names; for an archive of less than a page of objects. */
  async orphanObjects(backupId: string): Promise<readonly string[]> {
    const keys = await this.#keys(`${backupId}/`)
    const commits = keys.filter((key) => key.startsWith(`${backupId}/commits/`))
    const named = new Set((await Promise.all(commits.map((key) => this.#sectionKeys(key)))).flat())
    const isSection = (key: string) => ['topics', 'bundles'].includes(key.split('/')[1] ?? '')
    return keys.filter((key) => isSection(key) && !named.has(key))
  }

  async #sectionKeys(commitKey: string): Promise<readonly string[]> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: commitKey }))
    const commit = commitShape.parse(JSON.parse((await Body?.transformToString()) ?? ''))
    return commit.sections.map(({ key }) => key)
  }

  async #keys(prefix: string): Promise<readonly string[]> {
    const page = await this.#client.send(new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix }))
    if (page.IsTruncated === true) throw new Error(`${prefix} has more than a page of objects`)
    return (page.Contents ?? []).flatMap(({ Key }) => Key ?? [])
  }
}
