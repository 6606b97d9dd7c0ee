import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { repositoryDirectory } from '../../src/index.ts'

/** `kbackup` as a process of its own, from source, as a shell would start it. */
export class CliProcess {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #stdout = ''
  #stderr = ''

  constructor(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const main = join(repositoryDirectory, 'packages', 'cli', 'src', 'main.ts')
    const flags = ['--conditions=@kbackup/source', '--import', 'tsx', main]
    this.#child = spawn(process.execPath, [...flags, ...argv], {
      cwd: repositoryDirectory,
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk
    })
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk
    })
    this.#closed = once(this.#child, 'close')
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits for its end; gives its exit status, or the signal that ended it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    await this.#closed
    return this.#child.exitCode ?? this.#child.signalCode
  }
}
