import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { repositoryDirectory, runCommand } from '../src/index.ts'

/** A position and where it went; `end` where the group had read all that its window holds. */
const KNOWN_EXACTLY = / \d+ \(exact\) +→ restored\.payments\.\S+ \d+ \((?:exact|end)\)/g

let parent: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kbackup-demo-'))
})

afterEach(() => rm(parent, { recursive: true }))

it('npm run demo restores a topic full of garbage to the millisecond before, on a real broker, with its consumer group', async () => {
  const directory = join(parent, 'demo')
  const args = ['--import', 'tsx', 'test-harness/demo/main.ts', '--directory', directory]
  const { stdout } = await runCommand(process.execPath, args, { cwd: repositoryDirectory })
  expect(stdout.split('\n')[0]).toContain('on a real broker: Apache Kafka')
  expect(stdout).toMatch(/\$ kbackup backup --config backup\.yaml/)
  expect(stdout).toMatch(/payment-processor {2}reset {2}12 positions as of \S+Z \(last moved at \S+Z\)/)
  expect(stdout.match(KNOWN_EXACTLY)).toHaveLength(12)
  expect(stdout.match(/^✓/gm)).toHaveLength(6)
  expect(stdout).not.toContain('✗')
  const seen = await lookAround(stdout)
  expect(seen).toMatch(/"step":"captured"[\s\S]*\[object Object\]/)
  expect(seen).toContain('restored.payments.captured/0')
})

/** Runs the commands that the demo offers at its end, as they stand there. */
async function lookAround(stdout: string): Promise<string> {
  const commands = stdout.split('Look around:\n')[1]?.trim().split('\n') ?? []
  expect(commands).toHaveLength(3)
  const outputs = []
  for (const command of commands) {
    const noninteractive = command.replace('| strings | less', '| strings')
    outputs.push((await runCommand('sh', ['-c', noninteractive], { cwd: repositoryDirectory })).stdout)
  }
  return outputs.join('\n')
}

it.each([
  ['s3', 's3://kbackup-'],
  ['gcs', 'gs://kbackup-'],
  ['azure', 'az://kbackuptests/kbackup-'],
])('npm run demo -- --storage %s keeps the archive in a bucket, and proves the same', async (storage, place) => {
  const directory = join(parent, 'demo')
  const args = ['--import', 'tsx', 'test-harness/demo/main.ts', '--directory', directory, '--storage', storage]
  const { stdout } = await runCommand(process.execPath, args, { cwd: repositoryDirectory })
  expect(stdout.split('\n')[0]).toContain(`with its archive in ${place}`)
  expect(await readFile(join(directory, 'backup.yaml'), 'utf8')).toContain(`backend: ${storage}`)
  expect(stdout.match(KNOWN_EXACTLY)).toHaveLength(12)
  expect(stdout.match(/^✓/gm)).toHaveLength(6)
  expect(stdout).not.toContain('✗')
  expect(stdout).toMatch(/^ {2}payments\/commits\/0+1\.json$/m)
})
