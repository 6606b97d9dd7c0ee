import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BlobStore } from '@kbackup/core'
import { type AzureOptions, azure } from '@kbackup/storage-azure'
import { type GcsOptions, gcs } from '@kbackup/storage-gcs'

/*
 * A process to be killed: uploads to the store and key of its argument until it is, a part every few milliseconds.
 */

export type EndlessUpload = { readonly key: string } & ({ readonly azure: AzureOptions } | { readonly gcs: GcsOptions })

async function* withoutEnd(): AsyncGenerator<Uint8Array, void, void> {
  for (;;) {
    yield randomBytes(1024 * 1024)
    await sleep(5)
  }
}

function storeOf(upload: EndlessUpload): BlobStore {
  return 'gcs' in upload ? gcs(upload.gcs) : azure(upload.azure)
}

const upload: EndlessUpload = JSON.parse(process.argv[2] ?? '{}')
await storeOf(upload).put(upload.key, withoutEnd(), { ifAbsent: true })
