import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AzureOptions, azure } from '@kbackup/storage-azure'

/*
 * A process to be killed: uploads to the store and key of its argument until it is, a part every few milliseconds.
 */

export interface EndlessUpload {
  readonly options: AzureOptions
  readonly key: string
}

async function* withoutEnd(): AsyncGenerator<Uint8Array, void, void> {
  for (;;) {
    yield randomBytes(1024 * 1024)
    await sleep(5)
  }
}

const { options, key }: EndlessUpload = JSON.parse(process.argv[2] ?? '{}')
await azure(options).put(key, withoutEnd(), { ifAbsent: true })
