import { access, constants } from 'node:fs/promises'
import { writeObstacle } from '../ports/local-file.ts'
import { offsetReportObstacle } from '../ports/offset-report-file.ts'
import { type ConfigFile, type ConfigPath, valueAt } from './config-file.ts'
import type { ConfigIssue } from './config-issue.ts'
import type { Mode } from './config-schema.ts'
import { masked, pathText } from './schema-issues.ts'

/** What of the machine a command takes a configuration for. */
export interface FileUse {
  readonly mode: Mode
  /** Whether it writes the files that a restore leaves behind. */
  readonly writesFiles?: boolean | undefined
}

type Obstacle = (path: string) => Promise<string | undefined>

const CERTIFICATES = ['ssl_ca_location', 'ssl_certificate_location', 'ssl_key_location'] as const
const PEM_BEGINNING = '-----BEGIN'

/** Files that a configuration names and that cannot be used, as far as can be known without using them. */
export async function fileIssues(file: ConfigFile, values: unknown, use: FileUse): Promise<readonly ConfigIssue[]> {
  const cluster = use.mode === 'backup' ? 'source' : 'target'
  const checks: readonly (readonly [ConfigPath, Obstacle])[] = [
    ...CERTIFICATES.map((key) => [[cluster, 'security', key], readObstacle] as const),
    ...(use.writesFiles === true ? WRITTEN : []),
  ]
  const found = await Promise.all(checks.map(([path, obstacle]) => issueAt(file, values, { path, obstacle })))
  return found.flat()
}

const WRITTEN: readonly (readonly [ConfigPath, Obstacle])[] = [
  [['restore', 'checkpoint_state'], writeObstacle],
  [['restore', 'offset_report'], async (path) => (await writeObstacle(path)) ?? (await offsetReportObstacle(path))],
]

async function issueAt(
  file: ConfigFile,
  values: unknown,
  { path, obstacle }: { readonly path: ConfigPath; readonly obstacle: Obstacle },
): Promise<readonly ConfigIssue[]> {
  const value = valueAt(values, path)
  const what = typeof value === 'string' && value !== '' ? await obstacle(value) : undefined
  if (what === undefined) return []
  return [{ place: file.placeOf(path), path: pathText(path), what: masked(file, path, what), kind: 'invalid' }]
}

/** What stands in such a file, and PEM text in the place of a path, is told by who connects. */
async function readObstacle(path: string): Promise<string | undefined> {
  if (path.includes(PEM_BEGINNING)) return undefined
  return access(path, constants.R_OK).then(
    () => undefined,
    (error: unknown) => `names ${path}, which cannot be read: ${reasonOf(error)}; give the path of a PEM file`,
  )
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return code === 'ENOENT' ? 'it is not there' : code
}
