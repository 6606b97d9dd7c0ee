import { afterEach, describe, expect, it, vi } from 'vitest'
import { startAzure } from '../../src/index.ts'

describe('startAzure', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('starts a service that serves, makes containers, and is gone after it was stopped', async () => {
    const service = await startAzure()
    expect(await service.createContainer()).not.toBe(await service.createContainer())
    await service.stop()
    await expect(fetch(service.endpoint)).rejects.toThrow()
  })

  it('uses a service whose URL is given, and leaves it running', async () => {
    await using theirs = await startAzure()
    vi.stubEnv('KBACKUP_TEST_AZURE', theirs.endpoint)
    vi.stubEnv('KBACKUP_TEST_AZURE_ACCOUNT', theirs.account)
    vi.stubEnv('KBACKUP_TEST_AZURE_KEY', theirs.accountKey)
    const given = await startAzure()
    expect(given).toMatchObject({ provider: 'address', endpoint: theirs.endpoint })
    await given.stop()
    expect(await given.createContainer()).toMatch(/^kbackup-/)
  })
})
