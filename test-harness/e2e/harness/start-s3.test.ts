import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { cacheDirectory, startS3 } from '../../src/index.ts'

describe('startS3', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('starts a service that serves, makes buckets, and is gone after it was stopped', async () => {
    const service = await startS3()
    expect(await service.createBucket()).not.toBe(await service.createBucket())
    await service.stop()
    await expect(fetch(service.endpoint)).rejects.toThrow()
  })

  it('uses a service whose URL is given, and leaves it running', async () => {
    await using theirs = await startS3()
    vi.stubEnv('KBACKUP_TEST_S3', theirs.endpoint)
    vi.stubEnv('KBACKUP_TEST_S3_ACCESS_KEY', theirs.accessKeyId)
    vi.stubEnv('KBACKUP_TEST_S3_SECRET_KEY', theirs.secretAccessKey)
    const given = await startS3()
    expect(given).toMatchObject({ provider: 'address', endpoint: theirs.endpoint })
    await given.stop()
    expect(await given.createBucket()).toMatch(/^kbackup-/)
  })

  it('names what to install when none can be had', async () => {
    vi.stubEnv('KBACKUP_CACHE', cacheDirectory('no-such-cache'))
    vi.stubEnv('PATH', '/no/such/folder')
    await expect(startS3()).rejects.toThrow(/install Go .* or set KBACKUP_TEST_S3/)
    expect(existsSync(cacheDirectory('go', 'versitygw-1.8.0'))).toBe(false)
  })
})
