import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml'
import { type ConfigIssue, configError, type Place } from './config-issue.ts'
import { type Substitution, substituteVariables } from './variable-substitution.ts'
import { ALIAS_PROBLEM, yamlProblem } from './yaml-problem.ts'

export type ConfigPath = readonly (string | number)[]
export type Environment = Readonly<Record<string, string | undefined>>

/** A configuration file as text: its name for messages, and what stands in it. */
export interface ConfigText {
  readonly file: string
  readonly text: string
  readonly environment: Environment
}

type ParsedYaml = ReturnType<typeof parseDocument>

/** A configuration file that is YAML, with its variables filled in, that knows where each value stands. */
export class ConfigFile {
  readonly file: string
  readonly #document: ParsedYaml
  readonly #lines: LineCounter
  readonly #substituted = new Map<Node, Substitution>()

  private constructor(file: string, document: ParsedYaml, lines: LineCounter) {
    this.file = file
    this.#document = document
    this.#lines = lines
  }

  /** Reads YAML and replaces `${NAME}` in values; what is wrong with either is `KB_CONFIG_INVALID` with its places. */
  static parse({ file, text, environment }: ConfigText): ConfigFile {
    const lines = new LineCounter()
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
    const parsed = new ConfigFile(file, document, lines)
    const problems = [...document.errors, ...document.warnings].map((error) => ({
      place: parsed.#placeAt(error.pos[0]),
      path: '',
      what: yamlProblem(error),
      kind: 'invalid' as const,
    }))
    if (problems.length > 0) throw configError(file, problems)
    const issues = parsed.#resolve(environment)
    if (issues.length > 0) throw configError(file, issues)
    return parsed
  }

  /** The values as plain objects, each time anew. */
  values(): unknown {
    return this.#document.toJS({ maxAliasCount: 100 })
  }

  /** Where the value of a path stands; of one that is missing or empty, where its key or its section does. */
  placeOf(path: ConfigPath): Place {
    const node = this.#nodeAt(path)
    if (node?.range && !isBlank(node)) return this.#placeAt(node.range[0])
    const nearest = path.map((_, index) => path.slice(0, path.length - index))
    const key = nearest.map((candidate) => this.#pairAt(candidate)?.key).find((candidate) => candidate?.range)
    return key?.range ? this.#placeAt(key.range[0]) : { line: 1, column: 1 }
  }

  /** Where a key itself stands. */
  placeOfKey(path: ConfigPath): Place {
    const key = this.#pairAt(path)?.key
    return key?.range ? this.#placeAt(key.range[0]) : this.placeOf(path)
  }

  /** What was filled in at a path, where it holds a variable. */
  substitutionAt(path: ConfigPath): Substitution | undefined {
    const node = this.#nodeAt(path)
    return node === undefined ? undefined : this.#substituted.get(node)
  }

  #placeAt(position: number): Place {
    const { line, col } = this.#lines.linePos(position)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  #nodeAt(path: ConfigPath): Node | undefined {
    let node: unknown = this.#document.contents
    for (const segment of path) {
      const parent = this.#resolved(node)
      if (isMap(parent)) node = findPair(parent.items, segment)?.value
      else if (isSeq(parent) && typeof segment === 'number') node = parent.items[segment]
      else return undefined
    }
    return this.#resolved(node) ?? undefined
  }

  #pairAt(path: ConfigPath): Pair<Scalar, Node | null> | undefined {
    const parent = this.#nodeAt(path.slice(0, -1))
    const last = path.at(-1)
    return isMap(parent) && last !== undefined ? findPair(parent.items, last) : undefined
  }

  #resolved(node: unknown): Node | undefined {
    if (isAlias(node)) return node.resolve(this.#document)
    return isScalar(node) || isMap(node) || isSeq(node) ? node : undefined
  }

  /** Fills in variables, and finds aliases without an anchor, whose names the parser would print. */
  #resolve(environment: Environment): readonly ConfigIssue[] {
    const issues: ConfigIssue[] = []
    visit(this.#document, {
      Alias: (_, node) => {
        if (node.resolve(this.#document) !== undefined) return
        issues.push({ place: this.#placeAt(node.range?.[0] ?? 0), path: '', what: ALIAS_PROBLEM, kind: 'invalid' })
      },
      Scalar: (position, node) => {
        if (position === 'key' || typeof node.value !== 'string' || !node.value.includes('$')) return
        const substitution = substituteVariables(node.value, environment)
        const what = substitutionProblem(substitution)
        if (what !== undefined) {
          issues.push({ place: this.#placeAt(node.range?.[0] ?? 0), path: '', what, kind: 'invalid' })
        }
        node.value = substitution.text
        if (substitution.variables.length > 0) this.#substituted.set(node, substitution)
      },
    })
    return issues
  }
}

function findPair(items: readonly unknown[], segment: string | number): Pair<Scalar, Node | null> | undefined {
  return (items as readonly Pair<Scalar, Node | null>[]).find(({ key }) => String(key.value) === String(segment))
}

function isBlank(node: Node): boolean {
  return isScalar(node) && node.value === null
}

function substitutionProblem({ missing, malformed }: Substitution): string | undefined {
  if (malformed !== undefined) {
    return 'a variable is written ${NAME}; write $${ for a ${ that begins no variable'
  }
  const names = missing.map((name) => `\${${name}}`).join(', ')
  if (missing.length === 0) return undefined
  return `the environment has no variable ${names}; set it, or write $\${ for a \${ that begins no variable`
}

/** The value at a path of the plain objects of a file; `undefined` where there is none. */
export function valueAt(values: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((value, segment) => {
    if (typeof value !== 'object' || value === null) return undefined
    return Object.getOwnPropertyDescriptor(value, segment)?.value
  }, values)
}
