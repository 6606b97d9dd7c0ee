import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'

const GUARD = new URL('./parent-guard.ts', import.meta.url).href

describe('guardWithParent', () => {
  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'leaves neither process nor folder when its own process dies of %s',
    async (signal) => {
      const folder = mkdtempSync(join(tmpdir(), 'kbackup-guard-'))
      const parent = startParent(folder)
      const pid = await firstNumber(parent)
      parent.kill(signal)
      await once(parent, 'exit')
      await expect.poll(() => alive(pid), { timeout: 10_000 }).toBe(false)
      await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false)
    },
  )
})

/** A process that starts a sleeper, puts the sleeper and the folder under guard, and says the sleeper's process id. */
function startParent(folder: string): ChildProcess {
  const script = `
    import { spawn } from 'node:child_process'
    import { guardWithParent } from ${JSON.stringify(GUARD)}
    const sleeper = spawn('sleep', ['600'], { stdio: 'ignore' })
    guardWithParent({ kill: sleeper.pid })
    guardWithParent({ remove: ${JSON.stringify(folder)} })
    console.log(sleeper.pid)
    setInterval(() => undefined, 1000)`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function firstNumber(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('the output is not piped')
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return Number(line)
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
