import { closeNames } from '../config/close-names.ts'
import { selectTopics } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'

/**
 * The groups that are meant by names, globs and `~regex`; all where nothing is asked for. Patterns pass by groups whose
 * name begins with `__`.
 *
 * @param where what was looked at, for the message: `the archive payments`
 * @throws KbackupError `KB_GROUP_NOT_FOUND` for a name or a pattern without a group
 */
export function chooseGroupIds(
  asked: readonly string[] | undefined,
  available: readonly string[],
  where: string,
): readonly string[] {
  if (asked === undefined) return available
  const groups = available.map((groupId) => ({ topic: groupId }))
  const { matched, missingLiterals, unmatchedPatterns } = selectTopics(asked, groups)
  const missing = [...missingLiterals, ...unmatchedPatterns]
  if (missing.length > 0) throw notFound(missing, available, where)
  return matched
}

function notFound(missing: readonly string[], available: readonly string[], where: string): KbackupError {
  const [close] = missing.flatMap((name) => closeNames(name, available))
  const known = available.length === 0 ? `${where} knows no groups` : `${where} has ${available.join(', ')}`
  return new KbackupError('KB_GROUP_NOT_FOUND', {
    message: `${where} has no consumer group ${missing.map((name) => `\`${name}\``).join(', ')}`,
    hint: close === undefined ? known : `did you mean ${close}? ${known}`,
    details: { groups: missing, known: available },
  })
}
