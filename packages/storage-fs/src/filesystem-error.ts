import { type ErrorCode, KbackupError } from '@kbackup/core'

/** Where a call of the operating system failed. */
export interface FailedCall {
  /** The store's name. */
  readonly store: string
  /** What was being done, for the message: `write`, `list`. */
  readonly action: string
  readonly key: string
}

interface ErrorFacts {
  readonly code: ErrorCode
  readonly hint: string
  readonly retryable?: boolean
}

const RIGHTS = 'give the user of this process the right to read and write below the directory of the archive'
const WAIT = 'it may pass by itself; try again'

const FACTS: Readonly<Record<string, ErrorFacts>> = {
  EACCES: { code: 'KB_STORE_FORBIDDEN', hint: RIGHTS },
  EPERM: { code: 'KB_STORE_FORBIDDEN', hint: RIGHTS },
  EROFS: { code: 'KB_STORE_FORBIDDEN', hint: 'the filesystem is mounted read-only; mount it for writing' },
  ELOOP: { code: 'KB_STORE_FORBIDDEN', hint: 'symbolic links below the directory of the store are not followed' },
  ENOSPC: { code: 'KB_STORE_FAILED', hint: 'the disk is full; free space or choose another directory' },
  EDQUOT: { code: 'KB_STORE_FAILED', hint: 'the quota of the user is used up; raise it or choose another directory' },
  EFBIG: { code: 'KB_STORE_FAILED', hint: 'the filesystem does not hold files of this size; use smaller segments' },
  EIO: { code: 'KB_STORE_FAILED', hint: 'the disk reports an error; look into the log of the operating system' },
  ENAMETOOLONG: { code: 'KB_BLOB_KEY_INVALID', hint: 'choose a directory with a shorter path' },
  ENOTDIR: { code: 'KB_BLOB_KEY_INVALID', hint: 'a filesystem cannot hold both an object and objects below its name' },
  EMFILE: {
    code: 'KB_STORE_UNAVAILABLE',
    hint: 'too many files are open; raise `ulimit -n` or lower the concurrency',
  },
  ENFILE: { code: 'KB_STORE_UNAVAILABLE', hint: 'too many files are open on this machine' },
  EAGAIN: { code: 'KB_STORE_UNAVAILABLE', hint: WAIT },
  EBUSY: { code: 'KB_STORE_UNAVAILABLE', hint: WAIT },
  ENOMEM: { code: 'KB_STORE_UNAVAILABLE', hint: WAIT },
  ESTALE: { code: 'KB_STORE_UNAVAILABLE', hint: 'the network filesystem lost the file; try again' },
  ETIMEDOUT: { code: 'KB_STORE_UNAVAILABLE', hint: 'the network filesystem does not answer; try again' },
  ENOENT: {
    code: 'KB_STORE_FAILED',
    hint: 'somebody removed a folder or a temporary file while it was in use; try again',
    retryable: true,
  },
}

const UNKNOWN: ErrorFacts = { code: 'KB_STORE_FAILED', hint: 'look up the code of the operating system' }

/** The code of an error of the operating system, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Whether the error says that a file, or a folder on the way to it, does not exist. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The error of kbackup for one of the operating system; whatever bears no system code passes through as it is. */
export function filesystemError(error: unknown, { store, action, key }: FailedCall): unknown {
  const code = systemCode(error)
  if (KbackupError.is(error) || code === undefined || !(error instanceof Error)) return error
  const facts = FACTS[code] ?? UNKNOWN
  return new KbackupError(facts.code, {
    message: `${store}: could not ${action} ${key === '' ? 'the directory' : key}: ${error.message}`,
    hint: facts.hint,
    details: { store, key, systemCode: code },
    retryable: facts.retryable,
    cause: error,
  })
}

/** The error for a `put` of which nobody knows whether it will be there after a power failure, or is there now. */
export function outcomeUnknown(error: unknown, { store, action, key }: FailedCall): KbackupError {
  return new KbackupError('KB_STORE_UNAVAILABLE', {
    message: `${store}: could not ${action} ${key}, and whether it took effect is unknown`,
    hint: 'look into the log of the operating system before trying again',
    details: { store, key, systemCode: systemCode(error) ?? null },
    retryable: false,
    cause: error,
  })
}

/** The error for a path below the root that leads elsewhere. */
export function linkRefused(store: string, key: string): KbackupError {
  return new KbackupError('KB_STORE_FORBIDDEN', {
    message: `${store}: ${key} lies behind a symbolic link, or in a folder whose name differs in case`,
    hint: 'links below the directory are not followed; mount or bind the other place instead, or make it the directory',
    details: { store, key },
  })
}

/** The error for a key that is a folder already, or lies below an object. */
export function folderInTheWay(store: string, key: string): KbackupError {
  return new KbackupError('KB_BLOB_KEY_INVALID', {
    message: `${store}: ${key} cannot be an object, because it or a beginning of it is one already, or a folder`,
    hint: 'a filesystem cannot hold both an object and objects below its name',
    details: { store, key },
  })
}
