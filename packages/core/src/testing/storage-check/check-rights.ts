import { KbackupError } from '../../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobStore } from '../../storage/blob-store.ts'
import type { RightCheck, StorageRole } from './storage-check-report.ts'

/** A part of 8 MiB, and a little more. */
const LONG_CHUNKS = 9
const CHUNK = Buffer.alloc(1024 * 1024, 1)

interface Call {
  readonly call: string
  readonly neededBy: readonly StorageRole[]
  /** Whether such stores have the call at all; all have it where absent. */
  readonly isKnownTo?: (store: BlobStore) => boolean
  readonly perform: (store: BlobStore, folder: string, options: BlobCallOptions) => Promise<unknown>
}

const WRITERS = ['writer', 'cleaner'] as const
const ALL = ['writer', 'reader', 'cleaner'] as const

/** In this order: what comes later looks at what came before. */
const CALLS: readonly Call[] = [
  {
    call: 'create an object',
    neededBy: WRITERS,
    perform: (store, folder, options) =>
      store.put(`${folder}commits/1`, Buffer.from('1'), { ifAbsent: true, ...options }),
  },
  {
    call: 'upload an object in parts',
    neededBy: WRITERS,
    perform: (store, folder, options) => store.put(`${folder}topics/1`, longStream(), { ifAbsent: true, ...options }),
  },
  {
    call: 'create below restores/',
    neededBy: ALL,
    perform: (store, folder, options) =>
      store.put(`${folder}restores/1`, Buffer.from('1'), { ifAbsent: true, ...options }),
  },
  {
    call: 'create below pins/',
    neededBy: ALL,
    perform: (store, folder, options) => store.put(`${folder}pins/1`, Buffer.from('1'), { ifAbsent: true, ...options }),
  },
  {
    call: 'read an object',
    neededBy: ALL,
    perform: (store, folder, options) => orMissing(store.get(`${folder}commits/1`, options)),
  },
  {
    call: 'look an object up that is not there',
    neededBy: ALL,
    perform: (store, folder, options) => store.head(`${folder}missing`, options),
  },
  {
    call: 'list objects',
    neededBy: ALL,
    perform: async (store, folder, options) => {
      for await (const info of store.list(folder, options)) if (info.key === '') break
    },
  },
  {
    call: 'list unfinished uploads',
    neededBy: ['cleaner'],
    isKnownTo: ({ unfinishedUploads }) => unfinishedUploads !== undefined,
    perform: async (store, folder, options) => {
      for await (const upload of store.unfinishedUploads?.list(folder, options) ?? []) if (upload.id === '') break
    },
  },
  {
    call: 'delete an object',
    neededBy: ['cleaner'],
    perform: (store, folder, options) => store.delete(`${folder}commits/1`, options),
  },
]

/** Tries each call below a folder, and tells which are allowed. */
export async function checkRights(
  store: BlobStore,
  folder: string,
  { role, signal }: BlobCallOptions & { readonly role: StorageRole },
): Promise<readonly RightCheck[]> {
  const rights: RightCheck[] = []
  for (const { call, neededBy, perform, isKnownTo } of CALLS) {
    if (isKnownTo?.(store) === false) continue
    const failure = await perform(store, folder, { signal }).then(
      () => undefined,
      (error: unknown) => error,
    )
    signal?.throwIfAborted()
    rights.push({ call, isNeeded: neededBy.includes(role), ...outcomeOf(failure) })
  }
  return rights
}

function outcomeOf(failure: unknown): Pick<RightCheck, 'outcome' | 'failure'> {
  if (failure === undefined) return { outcome: 'allowed', failure: null }
  const text = KbackupError.is(failure) ? `${failure.code}: ${failure.message}` : String(failure)
  return { outcome: KbackupError.is(failure, 'KB_STORE_FORBIDDEN') ? 'forbidden' : 'failed', failure: text }
}

/** Where nothing may be created there is nothing to be read; that the store says so is the right that is asked for. */
async function orMissing(reading: Promise<unknown>): Promise<void> {
  await reading.catch((error: unknown) => {
    if (!KbackupError.is(error, 'KB_BLOB_NOT_FOUND')) throw error
  })
}

async function* longStream(): AsyncGenerator<Uint8Array, void, void> {
  for (let chunk = 0; chunk < LONG_CHUNKS; chunk++) yield CHUNK
}
