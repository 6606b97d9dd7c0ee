import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { guardWithParent } from './parent-guard.ts'

/** What is started, and where its output goes. */
export interface OwnedProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Both output streams are appended to this file. */
  readonly logFile: string
}

/** A long-running child process that never outlives the process that started it. */
export class OwnedProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#exited = once(child, 'exit')
  }

  /** @throws Error when the command cannot be started. */
  static async start(options: OwnedProcessOptions): Promise<OwnedProcess> {
    const log = openSync(options.logFile, 'a')
    try {
      const child = spawn(options.command, options.args, {
        env: { ...process.env, ...options.env },
        stdio: ['ignore', log, log],
      })
      const owned = new OwnedProcess(child)
      await once(child, 'spawn')
      owned.#guard()
      return owned
    } finally {
      closeSync(log)
    }
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves when the process has ended. */
  async exited(): Promise<void> {
    if (this.running) await this.#exited
  }

  /** Sends a signal, and waits for the end of the process unless the signal merely stops or continues it. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.running) return
    this.#child.kill(signal)
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return
    // Nothing else may be left that keeps this process alive until then.
    this.#child.ref()
    await this.exited()
  }

  #guard(): void {
    const release = guardWithParent({ kill: this.pid })
    this.#child.once('exit', release)
    this.#child.unref()
  }
}
