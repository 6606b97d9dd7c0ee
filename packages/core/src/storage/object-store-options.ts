import { type OptionKind, optionKinds } from '../config/option-kinds.ts'
import type { ObjectBlobStoreOptions } from './object-blob-store.ts'
import type { RetryPolicy } from './retry-policy.ts'

const { number, callback, text, section } = optionKinds

const RETRY_OPTIONS = {
  maxAttempts: number,
  baseDelayMs: number,
  maxDelayMs: number,
  sleep: callback,
  random: callback,
} satisfies Record<keyof RetryPolicy, OptionKind>

/** The options that all stores of objects have, for the table of an adapter: `assertOptions('s3', options, {…})`. */
export const objectStoreOptions = {
  prefix: text,
  partBytes: number,
  maxPartsInFlight: number,
  maxSpareParts: number,
  retry: section(RETRY_OPTIONS),
  silenceMs: number,
} satisfies Record<keyof ObjectBlobStoreOptions, OptionKind>
