import { readFileSync } from 'node:fs'
import { MemoryBlobStore } from '@kbackup/core/testing'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import type { CliPorts } from './ports/cli-ports.ts'
import { buildProgram } from './program.ts'
import { type CliRun, runCli } from './run-cli.ts'
import { terminalFor } from './terminal/terminal.ts'

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('docs/commands.md', root), 'utf8')
const { commands } = z
  .object({ commands: z.array(z.object({ line: z.string(), later: z.string().optional() })) })
  .parse(parse(readFileSync(new URL('test-harness/fixtures/seeds/manifest.yaml', root), 'utf8')))

const ports: CliPorts = {
  openStore: () => new MemoryBlobStore(),
  folderNames: async () => [],
  connect: () => {
    throw new Error('no configuration of these lines exists, so nothing is connected to')
  },
  nowMs: () => 0,
}

function cliRun(argv: readonly string[], stderr: { write(text: string): void }): CliRun {
  const stdout = { write: () => {} }
  return { argv, stdout, stderr, environment: {}, signal: new AbortController().signal, ports }
}

/** The words of a shell line without its quotation marks. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

async function outcome(line: string): Promise<string> {
  let stderr = ''
  const write = (text: string) => {
    stderr += text
  }
  await runCli(cliRun(words(line).slice(1), { write }))
  return /KB_[A-Z_]+/.exec(stderr)?.[0] ?? 'no error'
}

function program(): Command {
  const run = cliRun([], { write: () => {} })
  return buildProgram(run, terminalFor(run), { setExitStatus: () => {}, onInterruption: () => {} })
}

function leafCommands(command: Command, prefix = ''): readonly (readonly [string, Command])[] {
  const inner = command.commands.flatMap((each) => leafCommands(each, `${prefix} ${each.name()}`))
  const isGroup = prefix === '' || (inner.length > 0 && command.options.length === 0)
  return isGroup ? inner : [[prefix.trim(), command], ...inner]
}

describe('the commands of the guides', () => {
  it.each(commands.filter(({ later }) => later === undefined))('$line is understood', async ({ line }) => {
    // The files and archives that they name do not exist; that is all that is wrong with them.
    expect(['KB_CONFIG_INVALID', 'KB_ARCHIVE_NOT_FOUND', 'no error']).toContain(await outcome(line))
  })

  it.each(commands.filter(({ later }) => later !== undefined))('$line is refused, until it comes', async ({ line }) => {
    expect(['KB_UNSUPPORTED', 'KB_USAGE']).toContain(await outcome(line))
  })
})

describe('docs/commands.md', () => {
  it('has the commands and options that there are, and no others', () => {
    const synopsis = [...page.matchAll(/^kbackup ((?:[a-z-]+ ?)+?) *([A-Z_]+)? *((?:--|\[--).*)?$/gm)]
    const documented = synopsis.map(([, name = '', place, flags = '']): [string, string[]] => [
      name.trim(),
      [...(place === undefined ? [] : [place.toLowerCase()]), ...(flags.match(/--[a-z-]+/g) ?? [])],
    ])
    const real = leafCommands(program()).map(([name, { options, registeredArguments }]) => [
      name,
      [...registeredArguments.map((argument) => argument.name()), ...options.map(({ long }) => long)].sort(),
    ])
    expect(Object.fromEntries(documented.map(([name, flags]) => [name, flags.sort()]))).toEqual(
      Object.fromEntries(real),
    )
  })

  it('names every option that all commands have', () => {
    for (const { long } of program().options) if (long !== '--version') expect(page).toContain(String(long))
  })
})
