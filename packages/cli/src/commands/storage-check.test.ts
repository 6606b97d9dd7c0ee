import { type BlobCallOptions, type BlobInfo, type BlobStore, KbackupError, type PutOptions } from '@kbackup/core'
import { MemoryBlobStore, MemoryKafkaCluster, ScriptedService } from '@kbackup/core/testing'
import { s3 } from '@kbackup/storage-s3'
import { describe, expect, it } from 'vitest'
import { memoryOutcome } from '../testing/cli-outcome.ts'

function check(store: BlobStore, ...flags: readonly string[]) {
  const parts = { store, cluster: new MemoryKafkaCluster() }
  return memoryOutcome(['storage', 'check', './backups', ...flags], parts)
}

class Unconditional extends MemoryBlobStore {
  override put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    return super.put(key, body, { ...options, ifAbsent: false })
  }
}

class Undeletable extends MemoryBlobStore {
  override async delete(key: string, _options?: BlobCallOptions): Promise<void> {
    throw new KbackupError('KB_STORE_FORBIDDEN', { message: `delete of ${key} is forbidden` })
  }
}

/** Its bucket is missing, which looks are not told of. */
class Bucketless extends MemoryBlobStore {
  override list(): AsyncGenerator<BlobInfo, void, void> {
    throw new KbackupError('KB_STORE_FAILED', { message: 's3://bucket: list of everything failed: NoSuchBucket' })
  }
}

describe('kbackup storage check', () => {
  it('ends with the typed error of a service that takes connections and never answers', async () => {
    await using service = await new ScriptedService().listen()
    service.script({ isSilent: true })
    const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' }
    const { status, stdout, stderr } = await check(
      s3({ bucket: 'bucket', endpoint: service.endpoint, credentials, silenceMs: 100 }),
    )
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('trying again')
    expect(stderr).toContain('KB_STORE_UNAVAILABLE')
    expect(stderr).toContain('no answer in time')
  })

  it('says in a short plain report that a store is fit, tells its steps, and leaves nothing behind', async () => {
    const store = new MemoryBlobStore()
    await store.put('payments/archive.json', Buffer.from('{}'))
    const { status, stdout, stderr } = await check(store)
    expect(status).toBe(0)
    expect(stdout).toContain('✓ of writers that create one object at once exactly one wins')
    expect(stdout).toContain('✓ listings are complete and in order, beyond a thousand objects')
    expect(stdout).not.toContain('unfinished uploads')
    expect(stdout.split('\n').length).toBeLessThan(30)
    expect(stderr).toContain('Trying: writers that create one object at once')
    expect(stderr).toContain('Trying: listings of more than a thousand objects')
    expect(stdout).toMatch(/put +p50 [\d.]+ ms +p99 [\d.]+ ms/)
    expect(stdout).toContain('✓ Fit for archives.')
    expect(stdout).not.toContain('✗')
    expect(store.keys()).toEqual(['payments/archive.json'])
  })

  it('ends with 1 for a store that ignores conditions, and names what it broke', async () => {
    const { status, stdout } = await check(new Unconditional(), '--format', 'json')
    expect(status).toBe(1)
    const { fit, promises } = JSON.parse(stdout)
    expect(fit).toBe(false)
    const failure = expect.stringContaining('16 writers won')
    expect(promises[0]).toMatchObject({ group: 'creates', kept: false, could_not_be_tried: false, failure })
    const { stdout: text } = await check(new Unconditional())
    expect(text).toMatch(/two\s+backups\s+of\s+one\s+archive\s+would\s+overwrite\s+each\s+other/)
    expect(text).toContain('✗ Not fit for archives.')
  })

  it('says of a missing bucket one thing: that it is missing', async () => {
    const { status, stdout, stderr } = await check(new Bucketless())
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr.match(/NoSuchBucket/g)).toHaveLength(1)
  })

  it('needs no right to delete for a writer, and one for a cleaner', async () => {
    const asWriter = await check(new Undeletable(), '--role', 'writer')
    expect(asWriter.status).toBe(0)
    expect(asWriter.stdout).toContain('✓ Fit for a writer, as far as was looked at.')
    expect(asWriter.stdout).toMatch(
      /stay, since a writer may not delete: remove what lies below\s+kbackup-check-[0-9a-f]{16}\//,
    )
    const asCleaner = await check(new Undeletable())
    expect(asCleaner.status).toBe(1)
    expect(asCleaner.stdout).toContain('✗ delete an object: forbidden')
  })
})
