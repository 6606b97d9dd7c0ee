import { setTimeout as sleep } from 'node:timers/promises'

const INTERRUPTED = 130
const FILE_CALL_TIMEOUT_MS = 2_000
const LOOK_EVERY_MS = 20

/**
 * Ends the process: a broker that never answers may keep a socket open for as long as requests may take.
 *
 * `process.exit` waits for calls of the filesystem that are under way, and one to a dead network mount never comes back.
 * An interrupted command with such a call ends by the signal, which shells show as the same status 130; a call that only
 * takes its time is waited for.
 */
export async function endProcess(exitStatus: number): Promise<never> {
  if (exitStatus === INTERRUPTED && !(await fileCallsEnd())) process.kill(process.pid, 'SIGINT')
  process.exit(exitStatus)
}

async function fileCallsEnd(): Promise<boolean> {
  for (let waitedMs = 0; isFileCallPending(); waitedMs += LOOK_EVERY_MS) {
    if (waitedMs >= FILE_CALL_TIMEOUT_MS) return false
    await sleep(LOOK_EVERY_MS)
  }
  return true
}

function isFileCallPending(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq'))
}
