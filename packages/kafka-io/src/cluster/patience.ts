import { ProtocolCode } from '../protocol/protocol-code.ts'

/** What is absent may only be new to a broker; that shows soon, while a new leader takes its time. */
const SHORT_PATIENCE_MS = 2_500
const SHORT_PATIENCE: ReadonlySet<number> = new Set([
  ProtocolCode.corruptMessage,
  ProtocolCode.unknownTopicOrPartition,
  ProtocolCode.unknownTopicId,
])

/** For how long an error is tried again, `undefined` for as long as the policy allows. */
export function patienceMs(errorCodes: readonly number[]): number | undefined {
  return errorCodes.every((code) => SHORT_PATIENCE.has(code)) ? SHORT_PATIENCE_MS : undefined
}
