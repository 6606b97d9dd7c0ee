import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'

/** The versions that a broker speaks of one request, both inclusive. */
export interface VersionRange {
  readonly minVersion: number
  readonly maxVersion: number
}

export interface ApiVersionsResponse extends Throttled {
  readonly errorCode: number
  /** By API key. */
  readonly ranges: ReadonlyMap<number, VersionRange>
}

/** ApiVersions (18): version 0, because it is sent before anything is known of the broker. */
export const apiVersionsCodec: RequestCodec<null, ApiVersionsResponse> = {
  apiKey: 18,
  apiName: 'ApiVersions',
  versions: [0, 0],
  flexible: false,
  encode() {},
  decode(reader) {
    const errorCode = reader.int16()
    const ranges = reader.array(() => {
      const apiKey = reader.int16()
      return [apiKey, { minVersion: reader.int16(), maxVersion: reader.int16() }] as const
    })
    return { errorCode, ranges: new Map(ranges), throttleTimeMs: 0 }
  },
}
