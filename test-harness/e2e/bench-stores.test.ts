import { join } from 'node:path'
import { expect, it } from 'vitest'
import { repositoryDirectory, runCommand } from '../src/index.ts'

it('the benchmark of stores measures uploads and downloads beside the bare SDK of each service, and the memory of a backup', async () => {
  const main = join(repositoryDirectory, 'test-harness', 'bench', 'stores', 'main.ts')
  const { stdout } = await runCommand(process.execPath, ['--import', 'tsx', main, '--quick'], {
    cwd: repositoryDirectory,
  })
  for (const backend of ['s3', 'gcs', 'azure']) {
    for (const direction of ['upload', 'download']) {
      expect(stdout).toMatch(new RegExp(`\\| ${backend} ${direction}, kbackup .* × ${backend} ${direction}, bare SDK`))
    }
    expect(stdout).toContain(`| ${backend} backup, 16 partitions`)
  }
})
