import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import type { S3Credentials, S3Options } from './s3-options.ts'

const NOTICE_VARIABLE = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'
const MAX_SOCKETS = 64
const CONNECT_MS = 10_000

/** A client for these options, which gives up silent connections; it makes none before its first request. */
export function createS3Client(options: S3Options, silenceMs: number): S3Client {
  return withoutVersionNotice(() => new S3Client(clientConfig(options, silenceMs)))
}

function clientConfig({ endpoint, region, pathStyle, credentials }: S3Options, silenceMs: number): S3ClientConfig {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS }
  const anyRegion = region ?? (endpoint === undefined ? undefined : process.env.AWS_REGION || 'us-east-1')
  return {
    ...(anyRegion === undefined ? {} : { region: anyRegion }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials: sdkCredentials(credentials) }),
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    // What is sent and checked is said with each request, because not every store knows every checksum.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: silenceMs,
      httpAgent: agent,
      httpsAgent: agent,
    },
  }
}

function sdkCredentials({ accessKeyId, secretAccessKey, sessionToken }: S3Credentials) {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) }
}

/** The SDK says on the standard error stream that it will want a newer Node; that is ours to know, not our users'. */
function withoutVersionNotice<Value>(make: () => Value): Value {
  const before = process.env[NOTICE_VARIABLE]
  process.env[NOTICE_VARIABLE] = 'true'
  try {
    return make()
  } finally {
    if (before === undefined) delete process.env[NOTICE_VARIABLE]
    else process.env[NOTICE_VARIABLE] = before
  }
}
