import { createHash, randomBytes } from 'node:crypto'
import { hostname } from 'node:os'

// `#` stands in no key, so that a temporary file can never be taken for an object.
const PATTERN = /^#kbackup-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}$/

/** Who writes, or wrote, a temporary file. */
export interface TemporaryFileOwner {
  readonly host: string
  readonly processId: number
}

/** A fresh name for a temporary file, which tells the machine and the process that writes it. */
export function temporaryName(): string {
  return `#kbackup-${thisHost()}-${process.pid}-${randomBytes(8).toString('hex')}`
}

/** Whose temporary file a name is; `undefined` for every other name. */
export function temporaryFileOwner(name: string): TemporaryFileOwner | undefined {
  const [, host, processId] = PATTERN.exec(name) ?? []
  if (host === undefined || processId === undefined) return undefined
  return { host, processId: Number(processId) }
}

/** Whether the owner is a process of this machine that still runs. */
export function isAlive({ host, processId }: TemporaryFileOwner): boolean {
  if (host !== thisHost()) return false
  try {
    return process.kill(processId, 0)
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function thisHost(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
}
