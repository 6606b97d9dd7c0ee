import { z } from 'zod'

const s3 = z.object({
  backend: z.literal('s3'),
  endpoint: z.string(),
  region: z.string(),
  bucket: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
})

const gcs = z.object({ backend: z.literal('gcs'), endpoint: z.string(), bucket: z.string() })

const azure = z.object({
  backend: z.literal('azure'),
  endpoint: z.string(),
  account: z.string(),
  accountKey: z.string(),
  container: z.string(),
})

const filesystem = z.object({ backend: z.literal('filesystem'), directory: z.string() })

/** Where a store is, with the keys to it, as another process can be told. */
export const storeAddress = z.discriminatedUnion('backend', [s3, gcs, azure, filesystem])

export type StoreAddress = z.infer<typeof storeAddress>

/** The address of a store of one kind. */
export type AddressOf<Backend extends StoreAddress['backend']> = Extract<StoreAddress, { backend: Backend }>
