// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is how a configuration names a variable
import { describe, expect, it } from 'vitest'
import { startS3 } from '../src/index.ts'
import { storeScenario } from './cli/store-scenario.ts'

describe('an archive in a bucket', () => {
  const { run, store } = storeScenario(async () => {
    const s3 = await startS3()
    const bucket = await s3.createBucket()
    const { accessKeyId, secretAccessKey } = s3
    return {
      storage: [
        '  backend: s3',
        `  bucket: ${bucket}`,
        '  prefix: prod/',
        '  region: us-east-1',
        `  endpoint: ${s3.endpoint}`,
        '  path_style: true',
        '  access_key: ${S3_KEY}',
        '  secret_key: ${S3_SECRET}',
      ],
      place: `s3://${bucket}/prod?endpoint=${s3.endpoint}&region=us-east-1&path_style=true`,
      name: `s3://${bucket}/prod`,
      // Where the SDK looks for the keys, and under the names that the configurations use.
      environment: {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        S3_KEY: accessKeyId,
        S3_SECRET: secretAccessKey,
      },
      secret: secretAccessKey,
      [Symbol.asyncDispose]: () => s3.stop(),
    }
  })

  it('says which credentials are wrong or missing, and where to give them', async () => {
    const { status, stderr } = await run(['list', '--path', store().place], { AWS_EC2_METADATA_DISABLED: 'true' })
    expect(status).toBe(1)
    expect(stderr).toContain('KB_STORE_AUTHENTICATION')
    expect(stderr).toContain('AWS_ACCESS_KEY_ID')
  })
})
