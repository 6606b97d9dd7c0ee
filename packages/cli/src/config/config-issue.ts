import { KbackupError } from '@kbackup/core'

/** Where something stands in a configuration file; both count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** One thing that is wrong with a configuration file. */
export interface ConfigIssue {
  readonly place: Place
  /** `restore.time_window_end`; empty where it is about the file as a whole. */
  readonly path: string
  /** What is wrong and how to put it right. */
  readonly what: string
  readonly kind: 'invalid' | 'unsupported'
}

/** All issues of one file as one error: `KB_UNSUPPORTED` where nothing is wrong but what this version cannot do yet. */
export function configError(file: string, issues: readonly ConfigIssue[]): KbackupError {
  const inOrder = onceEach(issues).sort(byPlace)
  const code = issues.every(({ kind }) => kind === 'unsupported') ? 'KB_UNSUPPORTED' : 'KB_CONFIG_INVALID'
  const lines = inOrder.map((issue) => issueText(file, issue))
  return new KbackupError(code, {
    message: lines.join('\n'),
    details: { file, issues: lines, paths: inOrder.map(({ path }) => path) },
  })
}

/**
 * The first problem of each place: a parser that goes on behind one tells of it again. A value that this version has no use
 * for is not criticized besides.
 */
function onceEach(issues: readonly ConfigIssue[]): ConfigIssue[] {
  const unused = new Set(issues.flatMap(({ path, kind }) => (kind === 'unsupported' ? [path] : [])))
  const relevant = issues.filter(({ path, kind }) => kind === 'unsupported' || !unused.has(path))
  const byName = new Map<string, ConfigIssue>()
  for (const issue of relevant) {
    const name = `${issue.place.line}:${issue.place.column} ${issue.path}`
    if (!byName.has(name)) byName.set(name, issue)
  }
  return [...byName.values()]
}

function issueText(file: string, { place, path, what }: ConfigIssue): string {
  const where = `${file}:${place.line}:${place.column}`
  return path === '' ? `${where} ${what}` : `${where} ${path}: ${what}`
}

function byPlace(left: ConfigIssue, right: ConfigIssue): number {
  return left.place.line - right.place.line || left.place.column - right.place.column
}
