import { type BlobCallOptions, KbackupError, type PutOptions } from '@kbackup/core'
import { MemoryBlobStore, MemoryKafkaCluster } from '@kbackup/core/testing'
import { describe, expect, it } from 'vitest'
import { runCli } from '../run-cli.ts'

async function check(store: MemoryBlobStore, ...flags: readonly string[]) {
  const written = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text
    },
  })
  const status = await runCli({
    argv: ['storage', 'check', './backups', ...flags],
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    environment: {},
    signal: new AbortController().signal,
    ports: {
      openStore: () => store,
      folderNames: async () => [],
      connect: () => new MemoryKafkaCluster(),
      nowMs: Date.now,
    },
  })
  return { status, ...written }
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

describe('kbackup storage check', () => {
  it('says that a store is fit, promise by promise, and leaves nothing behind', async () => {
    const store = new MemoryBlobStore()
    await store.put('payments/archive.json', Buffer.from('{}'))
    const { status, stdout } = await check(store)
    expect(status).toBe(0)
    expect(stdout).toContain('✓  of 16 writers that create one object at once exactly one wins, in 50 rounds')
    expect(stdout).toContain('✓  a listing is complete and sorted beyond a thousand objects')
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
    expect(promises[0]).toMatchObject({ kept: false, failure: expect.stringContaining('16 writers won') })
  })

  it('needs no right to delete for a writer, and one for a cleaner', async () => {
    const asWriter = await check(new Undeletable(), '--role', 'writer')
    expect(asWriter.status).toBe(0)
    expect(asWriter.stdout).toContain('–  delete an object')
    expect(asWriter.stdout).toContain('✓ Fit for a writer, as far as was looked at.')
    expect(asWriter.stdout).toContain('could not be removed')
    const asCleaner = await check(new Undeletable())
    expect(asCleaner.status).toBe(1)
    expect(asCleaner.stdout).toContain('✗  delete an object')
  })
})
