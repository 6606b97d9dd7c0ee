import { closeNames } from '../config/close-names.ts'
import { type SelectedTopics, selectTopics } from '../config/topic-selection.ts'
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
  const selected = selectTopics(asked, groups)
  const { matched, missingLiterals, unmatchedPatterns } = selected
  if (missingLiterals.length + unmatchedPatterns.length > 0) throw notFound(selected, available, where)
  return matched
}

function notFound(selected: SelectedTopics, available: readonly string[], where: string): KbackupError {
  const missing = [...selected.missingLiterals, ...selected.unmatchedPatterns]
  const [close] = missing.flatMap((name) => closeNames(name, available))
  const known = available.length === 0 ? `${where} knows no groups` : `${where} has ${available.join(', ')}`
  return new KbackupError('KB_GROUP_NOT_FOUND', {
    message: `${where} has ${missingText(selected)}`,
    hint: close === undefined ? known : `did you mean ${close}? ${known}`,
    details: { groups: missing, known: available },
  })
}

/** ``no consumer group `billing` and none that matches `ship*` `` */
function missingText({ missingLiterals, unmatchedPatterns }: SelectedTopics): string {
  const none = missingLiterals.length === 0 ? 'no consumer group' : 'none'
  return [
    ...(missingLiterals.length === 0 ? [] : [`no consumer group ${quoted(missingLiterals).join(', ')}`]),
    ...(unmatchedPatterns.length === 0 ? [] : [`${none} that matches ${quoted(unmatchedPatterns).join(' or ')}`]),
  ].join(' and ')
}

function quoted(names: readonly string[]): readonly string[] {
  return names.map((name) => `\`${name}\``)
}
