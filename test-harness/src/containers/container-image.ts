import { runCommand } from '../process/run-command.ts'
import { sayProgress, withProgressLine } from '../progress-line.ts'

/**
 * The image, where a container engine answers and has it or can pull it.
 *
 * Only on Linux: elsewhere engines run in a machine of their own, whose network and files are not ours.
 */
export async function containerImage(image: string, signal?: AbortSignal): Promise<string | undefined> {
  if (process.platform !== 'linux' || !(await succeeds(['info'], signal))) return undefined
  if (await succeeds(['image', 'inspect', image], signal)) return image
  if (await withProgressLine(`pulling ${image}`, () => succeeds(['pull', '--quiet', image], signal))) return image
  sayProgress(`the container engine cannot pull ${image}`)
  return undefined
}

/** What `docker run` needs for a container that shares this machine's network, some folders, and the user. */
export function sharingArguments(...directories: readonly string[]): readonly string[] {
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
  const volumes = directories.flatMap((directory) => ['--volume', `${directory}:${directory}`])
  return ['--network', 'host', '--user', user, ...volumes]
}

async function succeeds(args: readonly string[], signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await runCommand('docker', args, { signal })
    return true
  } catch {
    signal?.throwIfAborted()
    return false
  }
}
