import { readFile } from 'node:fs/promises'
import { KbackupError } from '@kbackup/core'
import { ConfigFile, type ConfigPath, type ConfigText, type Environment } from './config-file.ts'
import { type ConfigIssue, configError } from './config-issue.ts'
import { configNotes } from './config-notes.ts'
import { type Config, configSchema, type Mode } from './config-schema.ts'
import { type FileUse, fileIssues } from './file-issues.ts'
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

/** What a configuration file is read for. */
export interface ConfigUse extends FileUse {
  readonly environment: Environment
}

/**
 * Reads and checks a configuration file, and the files that it names; whatever is wrong is one error that names every
 * place.
 */
export async function loadConfig(file: string, { environment, ...use }: ConfigUse): Promise<LoadedConfig> {
  const parsed = ConfigFile.parse({ file, text: await readConfig(file), environment })
  const checked = checkedFile(parsed, use.mode)
  return accepted({ ...checked, issues: [...checked.issues, ...(await fileIssues(parsed, checked.values, use))] })
}

/** Checks the text of a configuration file for the command of a mode. */
export function parseConfig(text: ConfigText, mode: Mode): LoadedConfig {
  return accepted(checkedFile(ConfigFile.parse(text), mode))
}

interface CheckedFile {
  readonly file: ConfigFile
  readonly values: unknown
  /** `undefined` where the schema refuses it. */
  readonly config: Config | undefined
  readonly issues: readonly ConfigIssue[]
}

function checkedFile(file: ConfigFile, mode: Mode): CheckedFile {
  const values = file.values()
  const reserved = reservedKeys(file, values)
  if (reserved.length > 0) throw configError(file.file, reserved)
  const { config, issues } = checkedBySchema(file, values)
  return {
    file,
    values,
    config,
    issues: [...issues, ...modeIssues(file, values, mode), ...unsupportedIssues(file, values)],
  }
}

function accepted({ file, config, issues }: CheckedFile): LoadedConfig {
  if (config === undefined || issues.length > 0) throw configError(file.file, issues)
  return {
    config,
    notes: configNotes(config),
    blame: (path, what) =>
      configError(file.file, [{ place: file.placeOf(path), path: pathText(path), what, kind: 'invalid' }]),
  }
}

function checkedBySchema(file: ConfigFile, values: unknown): Pick<CheckedFile, 'config' | 'issues'> {
  const first = configSchema.safeParse(values)
  if (first.success) return { config: first.data, issues: [] }
  const second = retypeVariables(file, values, first.error.issues) ? configSchema.safeParse(values) : first
  if (second.success) return { config: second.data, issues: [] }
  return { config: undefined, issues: schemaIssues(file, values, second.error.issues) }
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
