/** Text in which every `${NAME}` was replaced. */
export interface Substitution {
  readonly text: string
  /** The names that were replaced, in order. */
  readonly variables: readonly string[]
  /** Whether the text was one `${NAME}` and nothing else, so that its value may be a number or a boolean. */
  readonly isWhole: boolean
  /** Names that the environment does not have. */
  readonly missing: readonly string[]
  /** A `${` that no `}` ends, or that does not hold a name. */
  readonly malformed: string | undefined
}

const TOKEN = /\$\$\{|\$\{([^}]*)\}?/g
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const WHOLE = /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/

/**
 * Replaces `${NAME}` by the variable of that name; `$${` stands for `${`, and any other `$` for itself.
 *
 * What a variable holds is never looked at again: a `${…}` inside of it, or YAML, is plain text.
 */
export function substituteVariables(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Substitution {
  const variables: string[] = []
  const missing: string[] = []
  let malformed: string | undefined
  const replaced = text.replace(TOKEN, (token, name: string | undefined) => {
    if (name === undefined) return '${'
    if (!token.endsWith('}') || !NAME.test(name)) {
      malformed ??= token
      return token
    }
    variables.push(name)
    const value = environment[name]
    if (value === undefined) missing.push(name)
    return value ?? ''
  })
  return { text: replaced, variables, missing, malformed, isWhole: WHOLE.test(text) }
}
