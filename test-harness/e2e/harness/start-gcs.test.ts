import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { cacheDirectory, startGcs } from '../../src/index.ts'

describe('startGcs', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('starts a service that serves, makes buckets, and is gone after it was stopped', async () => {
    const service = await startGcs()
    expect(await service.createBucket()).not.toBe(await service.createBucket())
    await service.stop()
    await expect(fetch(service.endpoint)).rejects.toThrow()
    await expect(fetch(service.bareEndpoint)).rejects.toThrow()
  })

  it('uses a service whose URL is given, and leaves it running', async () => {
    await using theirs = await startGcs()
    vi.stubEnv('KBACKUP_TEST_GCS', theirs.bareEndpoint)
    const given = await startGcs()
    expect(given).toMatchObject({ provider: 'address', bareEndpoint: theirs.bareEndpoint })
    await given.stop()
    expect(await given.createBucket()).toMatch(/^kbackup-/)
  })

  it('names what to install when none can be had', async () => {
    vi.stubEnv('KBACKUP_CACHE', cacheDirectory('no-such-cache'))
    vi.stubEnv('PATH', '/no/such/folder')
    await expect(startGcs()).rejects.toThrow(/install Go .* or set KBACKUP_TEST_GCS/)
    expect(existsSync(cacheDirectory('go', 'fake-gcs-server-1.56.1'))).toBe(false)
  })
})
