import type { ProducerIdentity } from '@kbackup/core'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'

export interface InitProducerIdResponse extends Throttled, ProducerIdentity {
  readonly errorCode: number
}

/** InitProducerId (22): version 1, without a transactional id. */
export const initProducerIdCodec: RequestCodec<null, InitProducerIdResponse> = {
  apiKey: 22,
  apiName: 'InitProducerId',
  versions: [1, 1],
  flexible: false,
  encode(writer) {
    const transactionTimeoutMs = 0
    writer.nullableString(null).int32(transactionTimeoutMs)
  },
  decode(reader) {
    return {
      throttleTimeMs: reader.int32(),
      errorCode: reader.int16(),
      producerId: reader.int64(),
      producerEpoch: reader.int16(),
    }
  },
}
