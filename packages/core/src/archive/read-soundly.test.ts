import { beforeAll, describe, expect, it } from 'vitest'
import { openArchive } from '../access/archive.ts'
import type { BlobCallOptions, BlobInfo } from '../storage/blob-store.ts'
import type { BlobFault } from '../testing/blob-fault.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import type { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { smallArchive } from '../verify/testing/small-archive.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import { createObject } from './create-object.ts'
import { systemEnvironment } from './environment.ts'
import { sealJson } from './json-object.ts'
import { BACKUP_ID } from './testing/commit-fixture.ts'

let sound: MemoryBlobStore
beforeAll(async () => {
  sound = await smallArchive()
})

/** A store that changes a byte of what it sends in those of its answers. */
function changing(isStruck: (get: number) => boolean) {
  let gets = 0
  return new FaultBlobStore(sound, {
    schedule: ({ operation }): BlobFault | undefined => {
      if (operation !== 'get') return undefined
      gets += 1
      return isStruck(gets) ? { kind: 'flip-byte' } : undefined
    },
  })
}

/** Lists an object under another name, or with another size, the first time it is listed. */
class DamagedListings extends FaultBlobStore {
  readonly #struck: string
  wasStruck = false

  constructor(inner: MemoryBlobStore, struck: string) {
    super(inner)
    this.#struck = struck
  }

  override async *list(prefix: string, options: BlobCallOptions = {}): AsyncGenerator<BlobInfo, void, void> {
    for await (const info of super.list(prefix, options)) {
      if (this.wasStruck || info.key !== this.#struck) yield info
      else yield this.#damaged(info)
    }
  }

  #damaged(info: BlobInfo): BlobInfo {
    this.wasStruck = true
    if (info.key.endsWith('.zst')) return { ...info, size: info.size - 1 }
    return { ...info, key: info.key.replace(/\d(?=\.json$)/, '9') }
  }
}

/** Runs something with the first answer changed, then with the second, and so on; how many answers there are. */
async function withEachChanged(work: (store: FaultBlobStore) => Promise<void>): Promise<number> {
  for (let struck = 1; ; struck += 1) {
    const store = changing((get) => get === struck)
    await work(store)
    if (store.log.every(({ fault }) => fault === undefined)) return struck - 1
  }
}

async function recordsIn(store: FaultBlobStore): Promise<readonly string[]> {
  const archive = await openArchive(store, BACKUP_ID)
  const records: string[] = []
  for await (const { topic, partition, offset, value } of archive.records()) {
    records.push(`${topic}/${partition}/${offset} ${value?.toString('hex')}`)
  }
  return records
}

describe('bytes that are changed on their way from the store', () => {
  it.each(['objects', 'bytes', 'records'] as const)(
    'are no damage of the archive to a verification at depth %s, whichever answer it is',
    async (depth) => {
      const answers = await withEachChanged(async (store) => {
        const { findings, ok } = await verifyArchive(store, BACKUP_ID, { depth })
        expect({ findings, ok }).toEqual({ findings: [], ok: true })
      })
      expect(answers).toBeGreaterThan(8)
    },
  )

  it('are no damage to a verification where they are those of a listing, whichever name or size it is', async () => {
    const keys = sound.keys(BACKUP_ID)
    for (const struck of keys) {
      const store = new DamagedListings(sound, struck)
      const { findings } = await verifyArchive(store, BACKUP_ID, { depth: 'bytes' })
      expect(findings.filter(({ severity }) => severity === 'damage')).toEqual([])
      expect(store.wasStruck, struck).toBe(true)
    }
  })

  it('are read again before records are made of them, whichever answer it is', async () => {
    const meant = await recordsIn(changing(() => false))
    expect(meant).toHaveLength(23)
    const answers = await withEachChanged(async (store) => expect(await recordsIn(store)).toEqual(meant))
    expect(answers).toBeGreaterThan(8)
  })

  it('are never passed on where they are changed each time', async () => {
    await expect(recordsIn(changing(() => true))).rejects.toMatchObject({ code: 'KB_ARCHIVE_DAMAGED' })
    await expect(recordsIn(changing((get) => get > 20))).rejects.toMatchObject({ code: 'KB_ARCHIVE_DAMAGED' })
  })

  it('do not make our own object that of another writer', async () => {
    const bytes = sealJson({ writer: 'us' })
    const store = changing((get) => get === 1)
    const options = { environment: { ...systemEnvironment, sleep: async () => undefined } }
    expect(await createObject(store, { key: 'a', bytes }, options)).toBeNull()
    expect(await createObject(store, { key: 'a', bytes }, options)).toBeNull()
    expect(store.log.filter(({ fault }) => fault === 'flip-byte')).toHaveLength(1)
  })
})
