import { createHash } from 'node:crypto'
import { KbackupError } from '../errors/kbackup-error.ts'

const DIGEST_FIELD = ',"sha256":"'
const DIGEST_DIGITS = 64
const TAIL = '"}\n'
const SEAL_LENGTH = DIGEST_FIELD.length + DIGEST_DIGITS + TAIL.length

/** The SHA-256 of bytes as 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * The bytes of a JSON object of the archive: `{…,"sha256":"<digest>"}` and a line feed.
 *
 * The digest is the SHA-256 of the bytes before `,"sha256":"`. A `bigint` becomes a decimal string.
 */
export function sealJson(value: object): Buffer {
  const text = JSON.stringify(value, bigintsAsText)
  if (text.length < 3) throw new KbackupError('KB_INTERNAL', { message: 'an empty object cannot be sealed' })
  const vouched = Buffer.from(text.slice(0, -1))
  return Buffer.concat([vouched, Buffer.from(`${DIGEST_FIELD}${sha256Hex(vouched)}${TAIL}`)])
}

/**
 * The value of a sealed JSON object, without its digest; of unknown shape.
 *
 * @throws KbackupError `KB_ARCHIVE_DAMAGED`, naming the key, where the digest does not fit or is not there.
 */
export function openJson(bytes: Buffer, key: string): unknown {
  if (!isSealed(bytes)) throw damagedObject(key, 'its bytes differ from the SHA-256 at its end')
  try {
    return JSON.parse(`${vouchedPart(bytes).toString()}}`)
  } catch (cause) {
    throw damagedObject(key, 'it is not JSON', { cause })
  }
}

/** Whether bytes are a JSON object of an archive, as it was written. */
export function isSealed(bytes: Buffer): boolean {
  const vouched = vouchedPart(bytes)
  const seal = bytes.toString('latin1', vouched.length)
  return vouched[0] === 0x7b && seal === `${DIGEST_FIELD}${sha256Hex(vouched)}${TAIL}`
}

function vouchedPart(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.max(bytes.length - SEAL_LENGTH, 0))
}

/** The error for an object of the archive that cannot be what was written; `what` says why. */
export function damagedObject(
  key: string,
  what: string,
  more: { readonly cause?: unknown; readonly field?: string | undefined } = {},
): KbackupError {
  return new KbackupError('KB_ARCHIVE_DAMAGED', {
    message: `${key} is damaged: ${what}`,
    hint: 'bring the object back from another copy or an older version of it, then run `kbackup validate --deep`',
    details: { key, ...(more.field === undefined ? {} : { field: more.field }) },
    cause: more.cause,
  })
}

function bigintsAsText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
