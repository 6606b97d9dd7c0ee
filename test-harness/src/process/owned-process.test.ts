import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from './run-command.ts'

const OWNED_PROCESS = new URL('./owned-process.ts', import.meta.url).href

it('a program that has nothing else to do still waits for the end of what it kills', async () => {
  const script = `
    import { OwnedProcess } from ${JSON.stringify(OWNED_PROCESS)}
    const logFile = ${JSON.stringify(join(tmpdir(), 'kbackup-owned-process.log'))}
    const sleeper = await OwnedProcess.start({ command: 'sleep', args: ['600'], logFile })
    await sleeper.kill('SIGTERM')
    console.log(sleeper.running ? 'running' : 'ended')`
  const { stdout } = await runCommand(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script])
  expect(stdout).toBe('ended\n')
})
