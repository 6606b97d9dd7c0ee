import type { CliPorts } from './ports/cli-ports.ts'
import type { DataFormat, Report } from './rendering/data-format.ts'
import { renderReport } from './rendering/data-format.ts'
import type { Log } from './terminal/log.ts'
import type { ProgressView } from './terminal/progress-view.ts'
import type { TextSink } from './terminal/text-sink.ts'

/** What a command works with; nothing in a command reaches for the process. */
export interface CommandContext {
  readonly stdout: TextSink
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly ports: CliPorts
  readonly log: Log
  readonly progress: ProgressView
  readonly format: DataFormat
  /** Takes what to tell a user who interrupts the command: what stays, and what running it again does. */
  readonly onInterruption: (hint: () => string) => void
}

/** What a command does; it gives the exit status. */
export type CommandAction<Options> = (options: Options, context: CommandContext) => Promise<number>

/** Writes a report to stdout in the format that was asked for. */
export function printReport({ stdout, format }: CommandContext, report: Report): void {
  stdout.write(`${renderReport(report, format)}\n`)
}
