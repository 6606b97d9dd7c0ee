import { KbackupError } from '@kbackup/core'

/** The error of a security setting: it names the setting, and never its value where that may be a secret. */
export function invalidSetting(key: string, what: string, hint: string): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', { message: `${key} ${what}`, hint, details: { key } })
}
