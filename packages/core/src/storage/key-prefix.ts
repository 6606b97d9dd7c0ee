import { KbackupError } from '../errors/kbackup-error.ts'
import { isBlobKey } from './keys.ts'

/**
 * The beginning of all keys below a prefix that a user gave: `prod`, `prod/` and `/prod/` give `prod/`; none gives the
 * empty text.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for a prefix that no key can begin with.
 */
export function keyPrefix(prefix: string | undefined): string {
  const folder = (prefix ?? '').replace(/^\/+|\/+$/g, '')
  if (folder === '') return ''
  if (isBlobKey(folder)) return `${folder}/`
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `no object can lie below the prefix ${JSON.stringify(folder)}`,
    hint: 'Use segments of A–Z a–z 0–9 . _ = - ~ % + @ , joined by single slashes.',
    details: { prefix: folder },
  })
}
