import { KbackupError } from '@kbackup/core'

/** A page that is not the last, and names no next one: to take it for the last would be to take what follows for missing. */
export function listingCutShort(bucket: string, prefix: string): KbackupError {
  const store = `s3://${bucket}`
  return new KbackupError('KB_STORE_FAILED', {
    message: `${store}: the listing of ${prefix === '' ? 'everything' : prefix} has more, and does not say where it goes on`,
    hint: 'The store does not speak the listings of S3; use another store.',
    details: { store, operation: 'list', key: prefix },
  })
}
