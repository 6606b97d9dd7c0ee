import type { ConfigFile, ConfigPath } from './config-file.ts'
import type { ConfigIssue } from './config-issue.ts'

const RESERVED = '__proto__'

/** Keys called `__proto__`, which would vanish on the way through JavaScript objects without a word. */
export function reservedKeys(file: ConfigFile, value: unknown, path: ConfigPath = []): readonly ConfigIssue[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.entries(value).flatMap(([key, child]) => {
    const segment = Array.isArray(value) ? Number(key) : key
    return reservedKeys(file, child, [...path, segment])
  })
  return Object.hasOwn(value, RESERVED) ? [reservedKey(file, path), ...inner] : inner
}

function reservedKey(file: ConfigFile, path: ConfigPath): ConfigIssue {
  const place = file.placeOfKey([...path, RESERVED])
  const what = 'cannot be a key of a configuration file; a topic of that name can be renamed through the SDK'
  return { place, path: RESERVED, what, kind: 'invalid' }
}
