import picomatch from 'picomatch'
import { KbackupError } from '../errors/kbackup-error.ts'
import { closeNames } from './close-names.ts'

/**
 * Which topics are meant: names, globs (`payments.*`), or regular expressions after a `~` (`~^payments\.(eu|us)$`),
 * which match anywhere unless they are anchored.
 *
 * Patterns never match internal topics (those the broker calls internal, and all whose name begins with `__`): these are
 * named literally or not at all. Whatever `exclude` matches is left out, also when it was named literally.
 */
export interface TopicSelection {
  readonly include: readonly string[]
  readonly exclude?: readonly string[] | undefined
}

/** A selection, or just the list of what to include. */
export type TopicSelectionOptions = TopicSelection | readonly string[]

/** A topic that can be selected. */
export interface SelectableTopic {
  readonly topic: string
  readonly internal?: boolean | undefined
}

/** What a selection means among the topics that exist. */
export interface SelectedTopics {
  /** Sorted by name, each once. */
  readonly matched: readonly string[]
  /** Names in `include` without a topic; a pattern that matches nothing is not an error by itself. */
  readonly missingLiterals: readonly string[]
  /** Patterns in `include` that match no topic, whether or not it is excluded. */
  readonly unmatchedPatterns: readonly string[]
}

type Pattern = { readonly literal: string } | { readonly pattern: string; readonly matches: (topic: string) => boolean }

const GLOB_CHARACTERS = /[*?[\]{}()!+@|\\]/

/** Whether patterns pass a topic by: the broker calls it internal, or its name begins with `__`. */
export function isInternalTopic({ topic, internal }: SelectableTopic): boolean {
  return internal === true || topic.startsWith('__')
}

/** Finds the topics of a selection; a pattern that cannot be read is `KB_CONFIG_INVALID`. */
export function selectTopics(selection: TopicSelectionOptions, available: Iterable<SelectableTopic>): SelectedTopics {
  const { include, exclude } = parseSelection(selection)
  const topics = [...available]
  const names = new Set(topics.map(({ topic }) => topic))
  const [isIncluded, isExcluded] = [matcherOf(include), matcherOf(exclude)]
  const matched = topics.filter((topic) => isIncluded(topic) && !isExcluded(topic))
  return {
    matched: [...new Set(matched.map(({ topic }) => topic))].sort(),
    missingLiterals: include.flatMap((pattern) =>
      'literal' in pattern && !names.has(pattern.literal) ? [pattern.literal] : [],
    ),
    unmatchedPatterns: include.flatMap((pattern) =>
      'literal' in pattern || topics.some(matcherOf([pattern])) ? [] : [pattern.pattern],
    ),
  }
}

/**
 * Whether a topic is the one of that name, or one that a pattern matches; the pattern is read once.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` where it cannot be read
 */
export function topicMatcher(text: string): (topic: string) => boolean {
  const pattern = parsePattern(text)
  if ('literal' in pattern) return (topic) => topic === pattern.literal
  return (topic) => matchesAny([pattern.matches], { topic })
}

/**
 * The topics of a selection, or an error: `KB_TOPIC_NOT_FOUND` for a name without a topic, with close names as the hint,
 * and `KB_NO_TOPICS_MATCHED` where nothing is left.
 *
 * @param where what was looked at, for the message: `the source cluster`, `the archive payments`
 */
export function requireTopics(
  selection: TopicSelectionOptions,
  available: Iterable<SelectableTopic>,
  where: string,
): readonly string[] {
  const topics = [...available]
  const { matched, missingLiterals } = selectTopics(selection, topics)
  const [missing] = missingLiterals
  if (missing !== undefined) throw topicsNotFound(missingLiterals, topics, { where })
  if (matched.length === 0) throw nothingMatched(selection, topics, where)
  return matched
}

function parseSelection(selection: TopicSelectionOptions) {
  const { include, exclude = [] } = isList(selection) ? { include: selection } : selection
  return { include: include.map(parsePattern), exclude: exclude.map(parsePattern) }
}

function isList(selection: TopicSelectionOptions): selection is readonly string[] {
  return Array.isArray(selection)
}

function parsePattern(text: string): Pattern {
  if (text === '') throw badPattern(text, 'is empty', 'name a topic, or leave the entry out')
  if (text.startsWith('~')) return { pattern: text, matches: regexMatcher(text) }
  if (text.startsWith('!')) throw badPattern(text, 'begins with !', `put ${text.slice(1)} under exclude`)
  if (!GLOB_CHARACTERS.test(text)) return { literal: text }
  return { pattern: text, matches: picomatch(text, { dot: true, nonegate: true }) }
}

function regexMatcher(text: string): (topic: string) => boolean {
  try {
    const regex = new RegExp(text.slice(1), 'u')
    return (topic) => regex.test(topic)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw badPattern(text, `is not a regular expression: ${reason}`, 'quote special characters with \\')
  }
}

/** Names are looked up, so that thousands of them take no longer than a few. */
function matcherOf(patterns: readonly Pattern[]): (topic: SelectableTopic) => boolean {
  const literals = new Set(patterns.flatMap((pattern) => ('literal' in pattern ? [pattern.literal] : [])))
  const matchers = patterns.flatMap((pattern) => ('literal' in pattern ? [] : [pattern.matches]))
  return (topic) => literals.has(topic.topic) || matchesAny(matchers, topic)
}

function matchesAny(matchers: readonly ((topic: string) => boolean)[], topic: SelectableTopic): boolean {
  return matchers.length > 0 && !isInternalTopic(topic) && matchers.some((matches) => matches(topic.topic))
}

function badPattern(text: string, what: string, hint: string): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', {
    message: `topic pattern '${text}' ${what}`,
    hint,
    details: { pattern: text },
  })
}

/**
 * The error for names without a topic, with close names as its hint.
 *
 * @param use what was to be done with them, after `which`: `is to be renamed`
 */
export function topicsNotFound(
  missing: readonly string[],
  topics: readonly SelectableTopic[],
  { where, use }: { readonly where: string; readonly use?: string },
): KbackupError {
  const close = missing.flatMap((name) =>
    closeNames(
      name,
      topics.map(({ topic }) => topic),
    ),
  )
  return new KbackupError('KB_TOPIC_NOT_FOUND', {
    message: `${where} has no topic ${missing.map((name) => `\`${name}\``).join(', ')}${use === undefined ? '' : `, which ${use}`}`,
    hint:
      close.length > 0
        ? `did you mean ${[...new Set(close)].join(', ')}?`
        : 'check the name, and that the user who connects may describe it',
    details: { topics: missing, suggestions: close },
  })
}

function nothingMatched(
  selection: TopicSelectionOptions,
  topics: readonly SelectableTopic[],
  where: string,
): KbackupError {
  const { include } = isList(selection) ? { include: selection } : selection
  const seen = topics.filter((topic) => !isInternalTopic(topic)).map(({ topic }) => topic)
  const some = seen.slice(0, 5).join(', ')
  return new KbackupError('KB_NO_TOPICS_MATCHED', {
    message: `no topic of ${where} matches ${include.join(', ') || 'an empty selection'}`,
    hint: seen.length > 0 ? `${where} has ${some}${seen.length > 5 ? ', …' : ''}` : `${where} has no topics to select`,
    details: { include },
  })
}
