import { z } from 'zod'
import { optionalKey } from '../config-key.ts'
import { size, text } from '../value-schemas.ts'

/** What every backend takes. */
export function commonKeys() {
  return {
    prefix: optionalKey(text(), {
      description: 'Where below the folder or the bucket the archives lie.',
      type: 'text',
      default: 'none',
    }),
    max_upload_bytes_per_second: optionalKey(size(1024), {
      description: 'How fast a run may send to the store, all its requests together.',
      type: 'size',
      default: 'no limit',
    }),
    max_download_bytes_per_second: optionalKey(size(1024), {
      description: 'How fast a run may read from the store, all its requests together.',
      type: 'size',
      default: 'no limit',
    }),
    unsafe_single_writer: optionalKey(z.boolean(), {
      description:
        'Back up to a store that ignores conditions, such as `If-None-Match`, which is refused otherwise. Two writers destroy each ' +
        "other's commits there: nothing but this one backup may write to the archive, and each report says so.",
      type: 'true or false',
      default: '`false`',
    }),
  }
}
