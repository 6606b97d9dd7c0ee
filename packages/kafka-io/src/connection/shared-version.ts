import { KbackupError } from '@kbackup/core'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import type { VersionRange } from '../requests/api-versions.ts'

/** The highest version of a request that both sides speak. Throws `KB_KAFKA_UNSUPPORTED` where there is none. */
export function sharedVersion<Request, Response extends Throttled>(
  codec: RequestCodec<Request, Response>,
  range: VersionRange | undefined,
  broker: string,
): number {
  const [lowest, highest] = codec.versions
  const version = Math.min(highest, range?.maxVersion ?? -1)
  if (range !== undefined && version >= Math.max(lowest, range.minVersion)) return version
  const spoken = range ? `in the versions ${range.minVersion} to ${range.maxVersion}` : 'not at all'
  throw new KbackupError('KB_KAFKA_UNSUPPORTED', {
    message: `${broker} speaks the request ${codec.apiName} ${spoken}; ${lowest} to ${highest} are needed`,
    hint: 'kbackup works with Apache Kafka 3.0 and later, and with what speaks its protocol as fully',
    details: { broker, apiName: codec.apiName, apiKey: codec.apiKey },
  })
}
