const HEARTBEAT_MS = 10_000

/** Says on the standard error stream that something slow has begun, and every ten seconds that it still goes on. */
export async function withProgressLine<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedAtMs = Date.now()
  sayProgress(`${what} …`)
  const heartbeat = setInterval(() => sayProgress(`${what} … ${seconds(startedAtMs)} s`), HEARTBEAT_MS)
  heartbeat.unref()
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
  }
}

/** One line of the harness about itself. */
export function sayProgress(line: string): void {
  process.stderr.write(`[harness] ${line}\n`)
}

function seconds(startedAtMs: number): number {
  return Math.round((Date.now() - startedAtMs) / 1_000)
}
