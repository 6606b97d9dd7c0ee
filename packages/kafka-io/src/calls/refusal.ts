import { KbackupError } from '@kbackup/core'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import { knownError } from '../protocol/protocol-errors.ts'

const AUTHORIZATION: ReadonlySet<number> = new Set([
  ProtocolCode.topicAuthorizationFailed,
  ProtocolCode.groupAuthorizationFailed,
  ProtocolCode.clusterAuthorizationFailed,
])

/** The error of a call that one refused answer ends: `KB_KAFKA_AUTHORIZATION` or `KB_KAFKA_PROTOCOL`. */
export function refusal(errorCode: number, failing: string): KbackupError {
  const { code, name, retriable } = knownError(errorCode)
  const forbidden = AUTHORIZATION.has(code)
  return new KbackupError(forbidden ? 'KB_KAFKA_AUTHORIZATION' : 'KB_KAFKA_PROTOCOL', {
    message: `${failing}: ${name}`,
    hint: forbidden
      ? 'grant the right to the user that connects: docs/connections.md lists those that a backup and a restore need'
      : undefined,
    details: { code, name },
    retryable: retriable,
  })
}
