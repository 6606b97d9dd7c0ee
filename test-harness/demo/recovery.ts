import { type Incident, isoTime, type Stage } from './incident.ts'

/** How long something took. */
export interface Step {
  readonly name: string
  readonly durationMs: number
}

/** Backs up what is there, and restores what was there before the bug: three commands, shown as they are typed. */
export async function recover(stage: Stage, { bugAtMs }: Incident): Promise<readonly Step[]> {
  const { screen } = stage
  screen.moment('14:48', 'Back up what is there now, garbage and all. There was no backup before.')
  const backup = await runCommand(stage, 'backup', ['backup', '--config', 'backup.yaml'])
  const restore = ['restore', '--config', 'restore.yaml', '--time-end', isoTime(endOfWindow(bugAtMs))]
  screen.moment('14:50', 'Plan to go back to the last millisecond before the bug, in new topics beside the old ones.')
  const plan = await runCommand(stage, 'plan', [...restore, '--dry-run'])
  screen.moment('14:52', 'Do it.')
  return [backup, plan, await runCommand(stage, 'restore', restore)]
}

/** The last millisecond before the bug; windows include their ends. */
export function endOfWindow(bugAtMs: number): number {
  return bugAtMs - 1
}

async function runCommand({ platform, screen }: Stage, name: string, args: readonly string[]): Promise<Step> {
  screen.command(`kbackup ${args.join(' ')}`)
  const startedAtMs = Date.now()
  const { status, stdout, stderr } = await platform.kbackup(args)
  screen.output(stdout)
  if (status === 0) return { name, durationMs: Date.now() - startedAtMs }
  screen.output(stderr)
  throw new Error(`kbackup ${args[0]} ended with status ${status}`)
}
