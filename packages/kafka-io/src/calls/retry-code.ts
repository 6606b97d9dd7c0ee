import type { Call } from '../cluster/call.ts'
import { knownError } from '../protocol/protocol-errors.ts'
import { refusal } from './refusal.ts'

/**
 * Asks until the answer bears no error that passes.
 *
 * @param failing what cannot be done, for the message of the error
 * @throws KbackupError `KB_KAFKA_AUTHORIZATION` or `KB_KAFKA_PROTOCOL` with the broker's error.
 */
export async function retryCode<Answer extends { readonly errorCode: number }>(
  ask: () => Promise<Answer>,
  call: Call,
  failing: string,
): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    if (answer.errorCode === 0) return answer
    if (!knownError(answer.errorCode).retriable || !(await call.budget.wait())) throw refusal(answer.errorCode, failing)
  }
}
