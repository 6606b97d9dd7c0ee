import { ERROR_CODES, type ErrorCode } from './error-codes.ts'

const BRAND: unique symbol = Symbol.for('kbackup.error')

/** A value that can stand in the details of an error; never a secret. */
export type ErrorDetail = string | number | bigint | boolean | null | readonly ErrorDetail[]

/** What an error says beside its code. */
export interface KbackupErrorOptions {
  /** What happened and where, as one sentence without a full stop. */
  readonly message: string
  /** What to do next. */
  readonly hint?: string | undefined
  /** The facts of the case, for programs: topic, partition, offset, key, status. */
  readonly details?: Readonly<Record<string, ErrorDetail>> | undefined
  readonly cause?: unknown
  /** Overrides what the table of codes says. */
  readonly retryable?: boolean | undefined
}

/**
 * The one error class of kbackup: a literal `code`, whether it is `retryable`, a `hint` with the next step, and `details`.
 *
 * It is recognised by a brand, not by `instanceof`, so that the ES module and the CommonJS copy of the package agree.
 *
 * @example
 * ```ts
 * import { KbackupError } from '@kbackup/core'
 *
 * function explain(error: unknown): string {
 *   return KbackupError.is(error) ? `${error.code}: ${error.message}` : String(error)
 * }
 * ```
 */
export class KbackupError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, ErrorDetail>>
  readonly [BRAND] = true

  constructor(code: ErrorCode, options: KbackupErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'KbackupError'
    this.code = code
    this.retryable = options.retryable ?? ERROR_CODES[code].retryable
    this.hint = options.hint
    this.details = options.details ?? {}
  }

  /** Whether a caught value is a kbackup error, and, where codes are given, one of these. */
  static is<Code extends ErrorCode = ErrorCode>(
    error: unknown,
    ...codes: readonly Code[]
  ): error is KbackupError & { readonly code: Code } {
    if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
    return codes.length === 0 || codes.some((code) => (error as KbackupError).code === code)
  }
}
