import { KbackupError } from '@kbackup/core'
import { MemoryBlobStore } from '@kbackup/core/testing'
import { describe, expect, it } from 'vitest'
import type { CliPorts } from './ports/cli-ports.ts'
import { type CliRun, runCli } from './run-cli.ts'

class Sink {
  text = ''
  readonly isTTY: boolean
  constructor(isTTY = false) {
    this.isTTY = isTTY
  }
  write(text: string): void {
    this.text += text
  }
}

const emptyPorts: CliPorts = {
  openStore: () => new MemoryBlobStore(),
  folderNames: async () => [],
  connect: () => {
    throw new Error('no cluster is needed')
  },
  nowMs: () => Date.parse('2026-11-20T14:00:00Z'),
}

async function run(line: string, options: Partial<CliRun> & { readonly tty?: boolean } = {}) {
  const stdout = new Sink()
  const stderr = new Sink(options.tty)
  const status = await runCli({
    argv: line.split(' ').filter((word) => word !== ''),
    stdout,
    stderr,
    environment: {},
    signal: new AbortController().signal,
    ports: emptyPorts,
    ...options,
  })
  return { status, stdout: stdout.text, stderr: stderr.text }
}

describe('the command line', () => {
  it('prints help and version to stdout and exits 0', async () => {
    const help = await run('--help')
    expect(help).toMatchObject({ status: 0, stderr: '' })
    expect(help.stdout).toContain('kbackup restore --config restore.yaml --time-end')
    expect((await run('restore --help')).stdout).toContain('--log-level')
    expect(await run('--version')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
      stderr: '',
    })
  })

  it('has help with an example for every command', async () => {
    for (const command of [
      'backup',
      'restore',
      'list',
      'describe',
      'validate',
      'validate-restore',
      'show-offset-mapping',
      'config schema',
    ]) {
      const { status, stdout } = await run(`${command} --help`)
      expect(status).toBe(0)
      expect(stdout).toMatch(new RegExp(`Examples?:\\n  kbackup ${command}`))
    }
  })

  it('exits 2 for arguments that it does not know, with a suggestion', async () => {
    expect(await run('restor --config a.yaml')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: "error KB_USAGE: unknown command 'restor'\n  → Did you mean restore?\n",
    })
    expect((await run('list --pth a')).stderr).toContain('not specified\n  → --pth: did you mean --path?')
    expect((await run('describe --path a')).stderr).toContain("required option '--backup-id <id>' not specified")
    expect((await run('list --path a --format xml')).status).toBe(2)
    expect(await run('')).toMatchObject({ status: 2, stderr: expect.stringContaining('no command was given') })
  })

  it('exits 2 for a configuration that cannot be read', async () => {
    const { status, stderr } = await run('restore --config ./does-not-exist.yaml')
    expect(status).toBe(2)
    expect(stderr).toContain('error KB_CONFIG_INVALID: the configuration file ./does-not-exist.yaml could not be read')
  })

  it('exits 2 for a kind of store that there is none for, and shows no secrets of its URL', async () => {
    const { status, stderr } = await run('list --path abfss://key:secret@account/container?sig=secret')
    expect(status).toBe(2)
    expect(stderr).toContain(
      'error KB_UNSUPPORTED: --path abfss://account/container: archives cannot lie behind this kind of URL',
    )
    expect(stderr).not.toContain('secret')
  })

  it('exits 1 for an archive that is not there', async () => {
    for (const command of ['describe', 'validate', 'show-offset-mapping']) {
      const { status, stdout, stderr } = await run(`${command} --path a --backup-id payments`)
      expect({ command, status, stdout }).toEqual({ command, status: 1, stdout: '' })
      expect(stderr).toContain('error KB_ARCHIVE_NOT_FOUND: ')
    }
  })

  it('gives errors as JSON on stderr where JSON was asked for', async () => {
    for (const flags of ['--format json', '--log-format json', '--format=json']) {
      const { stdout, stderr } = await run(`describe --path a --backup-id payments ${flags}`)
      expect(stdout).toBe('')
      expect(JSON.parse(stderr)).toMatchObject({
        error: { code: 'KB_ARCHIVE_NOT_FOUND', exit_status: 1, retryable: false },
      })
    }
  })

  it('lists nothing where there is nothing', async () => {
    expect(await run('list --path a')).toMatchObject({ status: 0, stdout: expect.stringContaining('No backups in ') })
    expect(JSON.parse((await run('list --path a --format json')).stdout)).toMatchObject({ backups: [] })
  })

  it('exits 130 when it was interrupted before it began, and does nothing', async () => {
    const reason = new KbackupError('KB_INTERRUPTED', { message: 'the run was interrupted by SIGINT' })
    const { status, stdout, stderr } = await run('list --path a', { signal: AbortSignal.abort(reason) })
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' })
    expect(stderr).toBe('error KB_INTERRUPTED: the run was interrupted by SIGINT\n  → run the same command again\n')
  })

  it('colours errors on a terminal only, and not where colours are not wanted', async () => {
    const red = '\u001b[31m'
    expect((await run('list', { tty: true })).stderr).toContain(red)
    for (const options of [{}, { tty: true, environment: { NO_COLOR: '1' } }]) {
      expect((await run('list', options)).stderr).not.toContain(red)
    }
    expect((await run('list --no-color', { tty: true })).stderr).not.toContain(red)
  })

  it('refuses a KBACKUP_LOG that is no level', async () => {
    const { status, stderr } = await run('list --path a', { environment: { KBACKUP_LOG: 'loud' } })
    expect(status).toBe(2)
    expect(stderr).toContain("KBACKUP_LOG is 'loud'")
  })

  it('prints a JSON Schema that is JSON', async () => {
    const { status, stdout } = await run('config schema')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ title: 'kbackup configuration', type: 'object' })
  })
})
