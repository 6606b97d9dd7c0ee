import { describe, expect, it } from 'vitest'
import { startGcs } from '../src/index.ts'
import { storeScenario } from './cli/store-scenario.ts'

describe('an archive in a bucket of Google Cloud Storage', () => {
  const { run } = storeScenario(async () => {
    const gcs = await startGcs()
    const bucket = await gcs.createBucket()
    return {
      storage: [
        '  backend: gcs',
        `  bucket: ${bucket}`,
        '  prefix: prod/',
        `  endpoint: ${gcs.endpoint}`,
        '  storage_class: NEARLINE',
      ],
      place: `gs://${bucket}/prod?endpoint=${gcs.endpoint}`,
      name: `gs://${bucket}/prod`,
      environment: {},
      [Symbol.asyncDispose]: () => gcs.stop(),
    }
  })

  it('says that credentials are missing, and where to give them', async () => {
    const { status, stderr } = await run(['list', '--path', 'gs://bucket/prod'], { METADATA_SERVER_DETECTION: 'none' })
    expect(status).toBe(1)
    expect(stderr).toContain('KB_STORE_AUTHENTICATION')
    expect(stderr).toContain('GOOGLE_APPLICATION_CREDENTIALS')
  })
})
