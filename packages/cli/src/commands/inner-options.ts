import { KbackupError } from '@kbackup/core'
import type { Command, Option } from 'commander'
import type { LoadedConfig } from '../config/load-config.ts'

/**
 * The options of a command that stands within another one, such as `restore release`, with those that both have wherever
 * they stand.
 *
 * @throws KbackupError `KB_USAGE` for an option of the outer command alone: it would do nothing
 */
export function innerOptions<Options extends object>(inner: Command): Options {
  const { parent } = inner
  const own = new Set(inner.options.map((option) => option.attributeName()))
  const given = parent?.options.filter((option) => parent.getOptionValueSource(option.attributeName()) === 'cli') ?? []
  const foreign = given.find((option) => !own.has(option.attributeName()))
  if (foreign !== undefined) throw withoutEffect(foreign, inner)
  return inner.optsWithGlobals<Options>()
}

/** Throws where a configuration asks to write nothing, beside a command that can only write. */
export function assertNotDry({ config, blame }: LoadedConfig, command: string): void {
  if (config.restore?.dry_run !== true) return
  throw blame(['restore', 'dry_run'], `is true, and ${command} cannot but write; remove the key, or set it to false`)
}

function withoutEffect(option: Option, inner: Command): KbackupError {
  const flag = option.long ?? option.flags
  const name = `${inner.parent?.name()} ${inner.name()}`
  return new KbackupError('KB_USAGE', {
    message: `${flag} has no effect on ${name}`,
    hint: `leave it out; kbackup ${name} --help shows the options`,
    details: { option: flag },
  })
}
