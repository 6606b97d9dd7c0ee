import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { repositoryDirectory, runCommand } from '../src/index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-bench-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('the benchmarks measure every backup and restore beside its reference, and keep each round', async () => {
  const out = join(folder, 'results.json')
  const main = join(repositoryDirectory, 'test-harness', 'bench', 'main.ts')
  const { stdout } = await runCommand(process.execPath, ['--import', 'tsx', main, '--quick', '--out', out], {
    cwd: repositoryDirectory,
  })
  const { figures, rounds } = JSON.parse(await readFile(out, 'utf8'))
  const ratios = new Map<string, object>(figures.map((row: { name: string; ratios: object }) => [row.name, row.ratios]))
  expect(ratios.get('backup, none')).toMatchObject({ ConsumerPerformance: expect.any(Number) })
  expect(ratios.get('backup, zstd')).toMatchObject({ 'zstd-3 alone, all cores': expect.any(Number) })
  for (const name of ['backup, lz4 topic, lazy', 'backup, lz4 topic, exact']) {
    expect(ratios.get(name)).toMatchObject({ 'ConsumerPerformance, lz4 topic': expect.any(Number) })
  }
  expect(ratios.get('restore, zstd archive')).toMatchObject({ ProducerPerformance: expect.any(Number) })
  for (const name of ['restore, full verification', 'restore, topics of one partition']) {
    expect(ratios.get(name)).toMatchObject({ 'restore, zstd archive': expect.any(Number) })
  }
  const singles = figures.find(({ name }: { name: string }) => name === 'restore, batches of one record')
  expect(singles).toMatchObject({ recordsPerSecond: expect.any(Number) })
  for (const { name, samples } of rounds) {
    expect(samples, name).toEqual([expect.objectContaining({ seconds: expect.any(Number) })])
    expect(stdout).toContain(`| ${name} `)
  }
})
