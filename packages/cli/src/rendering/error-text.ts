import { ERROR_CODES, KbackupError } from '@kbackup/core'
import { jsonText } from './data-format.ts'
import { inCommandWords } from './option-words.ts'

/** How a command ends after an error, and what it says. */
export interface Failure {
  readonly exitStatus: number
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly details: object
  readonly retryable: boolean
  /** Where it was thrown; shown with `--log-level debug`. */
  readonly stack: string | undefined
}

/** An error as what a command says of it; what is not a kbackup error is a fault of ours. */
export function failureOf(error: unknown): Failure {
  const known = KbackupError.is(error) ? error : internalError(error)
  return {
    exitStatus: ERROR_CODES[known.code].exitStatus,
    code: known.code,
    message: inCommandWords(known.message),
    hint: known.hint === undefined ? undefined : inCommandWords(known.hint),
    details: known.details,
    retryable: known.retryable,
    stack: error instanceof Error ? error.stack : known.stack,
  }
}

/** `error KB_…: what happened`, and under it `→ what to do`. */
export function failureText({ code, message, hint }: Failure): string {
  const lines = message.split('\n')
  const head = lines.length === 1 ? `error ${code}: ${message}` : [`error ${code}:`, ...lines].join('\n  ')
  return hint === undefined ? head : `${head}\n  → ${hint}`
}

/** The same as one line of JSON. */
export function failureJson({ code, message, hint, details, retryable, exitStatus }: Failure): string {
  return jsonText({ error: { code, message, hint, details, retryable, exit_status: exitStatus } })
}

function internalError(error: unknown): KbackupError {
  return new KbackupError('KB_INTERNAL', {
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    hint: 'this is a fault of kbackup; run it again with --log-level debug and report what it prints',
    cause: error,
  })
}
