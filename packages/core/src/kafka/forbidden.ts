import type { ErrorCode } from '../errors/error-codes.ts'
import type { ProtocolError } from './protocol-error.ts'

/** TOPIC_, GROUP_, CLUSTER_ and TRANSACTIONAL_ID_AUTHORIZATION_FAILED. */
const FORBIDDEN: ReadonlySet<number> = new Set([29, 30, 31, 53])

/** Whether a broker refuses for want of a right. */
export function isForbidden(error: Pick<ProtocolError, 'code'> | undefined): boolean {
  return error !== undefined && FORBIDDEN.has(error.code)
}

/** The code for what a broker refuses, and will refuse again. */
export function refusalCode(error: Pick<ProtocolError, 'code'> | undefined): ErrorCode {
  return isForbidden(error) ? 'KB_KAFKA_AUTHORIZATION' : 'KB_KAFKA_PROTOCOL'
}
