import { type ChildProcess, spawn } from 'node:child_process'

/** Something a guard does when this process is gone, however it went. */
export type GuardDuty = { readonly kill: number } | { readonly remove: string } | { readonly removeContainer: string }

/** Takes the duty back, because it has been done in the ordinary way. */
export type ReleaseGuard = () => void

/**
 * Kills a process, or removes a folder or a container, as soon as this process has ended, by `SIGKILL` too.
 *
 * A handler for `exit` or for signals does not run when a test worker is killed. The guard is a shell that reads a pipe
 * whose other end only this process holds: the kernel closes it whatever happens.
 */
export function guardWithParent(duty: GuardDuty): ReleaseGuard {
  const guard = spawn('/bin/sh', ['-c', SCRIPT, 'guard', ...scriptArguments(duty)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // Without a shell there is no guard; whoever stops what it started is not hindered by that.
  guard.on('error', () => undefined)
  letGo(guard)
  return () => void guard.kill('SIGKILL')
}

const SCRIPT = `trap '' INT TERM HUP
while read -r _; do :; done
case "$1" in
  kill) kill -9 "$2" ;;
  container) docker rm --force "$2" ;;
  remove) sleep 1; rm -rf -- "$2" ;;
esac`

function scriptArguments(duty: GuardDuty): readonly [action: string, operand: string] {
  if ('kill' in duty) return ['kill', String(duty.kill)]
  return 'remove' in duty ? ['remove', duty.remove] : ['container', duty.removeContainer]
}

/** Lets this process end while the guard still waits: that is what the guard waits for. */
function letGo(guard: ChildProcess): void {
  guard.unref()
  const pipe = guard.stdin
  pipe?.on('error', () => undefined)
  if (pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref()
}
