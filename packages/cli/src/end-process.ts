const INTERRUPTED = 130

/**
 * Ends the process at once: a broker that never answers may keep a socket open for as long as requests may take.
 *
 * `process.exit` waits for calls of the filesystem that are under way, and one to a dead network mount never comes back.
 * An interrupted command then ends by the signal, which shells show as the same status 130.
 */
export function endProcess(exitStatus: number): never {
  if (exitStatus === INTERRUPTED && isFileCallPending()) process.kill(process.pid, 'SIGINT')
  process.exit(exitStatus)
}

function isFileCallPending(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq'))
}
