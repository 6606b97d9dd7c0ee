import { readFile } from 'node:fs/promises'
import { KbackupError } from '@kbackup/core'
import { ConfigFile, type ConfigPath, type ConfigText, type Environment } from './config-file.ts'
import { type ConfigIssue, configError } from './config-issue.ts'
import { configNotes } from './config-notes.ts'
import { type Config, configSchema, type Mode } from './config-schema.ts'
import { modeIssues } from './mode-issues.ts'
import { reservedKeys } from './reserved-keys.ts'
import { pathText, schemaIssues } from './schema-issues.ts'
import { retypeVariables } from './substituted-values.ts'
import { type UnsupportedKey, unsupportedKeys } from './unsupported-keys.ts'

/** A configuration file that may be acted upon. */
export interface LoadedConfig {
  readonly config: Config
  /** What the user should know of keys that were accepted. */
  readonly notes: readonly string[]
  /** An error that blames a key: `restore.yaml:7:18 restore.consumer_groups: …`. */
  readonly blame: (path: ConfigPath, what: string) => KbackupError
}

/** Reads and checks a configuration file; whatever is wrong is one error that names every place. */
export async function loadConfig(file: string, mode: Mode, environment: Environment): Promise<LoadedConfig> {
  return parseConfig({ file, text: await readConfig(file), environment }, mode)
}

/** Checks the text of a configuration file for the command of a mode. */
export function parseConfig(text: ConfigText, mode: Mode): LoadedConfig {
  const file = ConfigFile.parse(text)
  const values = file.values()
  const reserved = reservedKeys(file, values)
  if (reserved.length > 0) throw configError(file.file, reserved)
  const config = checked(file, values)
  const issues = [...modeIssues(file, config, mode), ...unsupportedIssues(file, values)]
  if (issues.length > 0) throw configError(file.file, issues)
  return {
    config,
    notes: configNotes(config),
    blame: (path, what) =>
      configError(file.file, [{ place: file.placeOf(path), path: pathText(path), what, kind: 'invalid' }]),
  }
}

function checked(file: ConfigFile, values: unknown): Config {
  const first = configSchema.safeParse(values)
  if (first.success) return first.data
  const second = retypeVariables(file, values, first.error.issues) ? configSchema.safeParse(values) : first
  if (second.success) return second.data
  throw configError(file.file, [...schemaIssues(file, values, second.error.issues), ...unsupportedIssues(file, values)])
}

function unsupportedIssues(file: ConfigFile, values: unknown): readonly ConfigIssue[] {
  return unsupportedKeys(configSchema, values).map((key) => ({
    place: file.placeOfKey(key.path),
    path: pathText(key.path),
    what: unsupportedText(key),
    kind: 'unsupported',
  }))
}

function unsupportedText({ feature }: UnsupportedKey): string {
  return `${feature} is not supported by this version; it comes with a later release, until then remove it`
}

async function readConfig(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new KbackupError('KB_CONFIG_INVALID', {
      message: `the configuration file ${file} could not be read: ${systemReason(cause)}`,
      hint: 'give its path with --config',
      details: { file },
      cause,
    })
  }
}

function systemReason(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'it does not exist',
    EISDIR: 'it is a folder',
    EACCES: 'the rights are missing',
  }
  return reasons[code] ?? code
}
