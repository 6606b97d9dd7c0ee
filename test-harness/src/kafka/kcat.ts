import { runCommand } from '../process/run-command.ts'

/** Runs kcat, an independent client; undefined where it is not installed, which a test must say. */
export async function kcat(args: readonly string[], signal?: AbortSignal): Promise<string | undefined> {
  if (!(await kcatInstalled())) return undefined
  const { stdout } = await runCommand('kcat', args, { signal })
  return stdout
}

/** Whether kcat is installed on this machine. */
export async function kcatInstalled(): Promise<boolean> {
  try {
    await runCommand('kcat', ['-V'])
    return true
  } catch {
    return false
  }
}
