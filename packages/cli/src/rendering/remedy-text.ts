import type { Remedy } from '@kbackup/core'
import { inCommandWords, REMEDY_WORDS } from './option-words.ts'

/** `restore.guards.retention: drop (leaves them out)` */
export function remedyLine({ option, value, text }: Remedy): string {
  const words = inCommandWords(text)
  if (option === null) return words
  const name = REMEDY_WORDS[option]
  if (value === null) return `${words} (${name})`
  return `${name}${name.startsWith('--') ? '' : ':'} ${value} (${words})`
}

/** All ways to settle a hazard, as one clause. */
export function remediesLine(remedies: readonly Remedy[]): string {
  return remedies.map(remedyLine).join('; or ')
}
