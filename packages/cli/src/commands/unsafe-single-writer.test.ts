import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PutOptions } from '@kbackup/core'
import { MemoryBlobStore, MemoryKafkaCluster } from '@kbackup/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryOutcome } from '../testing/cli-outcome.ts'
import { configurationFile } from '../testing/configuration-file.ts'

/** What a service does that does not know `If-None-Match`. */
class Unconditional extends MemoryBlobStore {
  override put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    return super.put(key, body, { ...options, ifAbsent: false })
  }
}

let folder: string
let store: MemoryBlobStore
let cluster: MemoryKafkaCluster

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-unsafe-'))
  store = new Unconditional()
  cluster = new MemoryKafkaCluster()
  await cluster.simulation.createTopic('orders')
  await cluster.simulation.append({ topic: 'orders', partition: 0 }, [{ value: 'a' }])
})

afterEach(() => rm(folder, { recursive: true, force: true }))

async function run(mode: 'backup' | 'restore', extra: string, ...flags: readonly string[]) {
  const file = await configurationFile(folder, mode, extra)
  return memoryOutcome([mode, '--config', file, ...flags], { store, cluster })
}

const UNSAFE = '  unsafe_single_writer: true\n'

describe('a store that ignores conditions', () => {
  it('is refused for backups, with what to do', async () => {
    const { status, stderr } = await run('backup', '')
    expect(status).toBe(1)
    expect(stderr).toContain('KB_STORE_UNCONDITIONAL')
    expect(stderr).toContain('kbackup storage check')
  })

  it.each([
    ['storage.unsafe_single_writer', UNSAFE, []],
    ['--unsafe-single-writer', '', ['--unsafe-single-writer']],
  ])('is used with %s, and the report says so', async (_name, extra, flags) => {
    const { status, stdout } = await run('backup', extra, ...flags)
    expect(status).toBe(0)
    expect(stdout).toMatch(/Unsafe: +memory ignores conditions/)
  })

  it.each([
    ['list', []],
    ['describe', ['--backup-id', 'payments']],
    ['validate', ['--backup-id', 'payments']],
  ])('is told of by %s, in text and in data', async (command, named) => {
    await run('backup', UNSAFE)
    const argv = [command, '--path', folder, ...named]
    const text = await memoryOutcome(argv, { store, cluster })
    expect(text.stdout).toContain('was written with unsafe_single_writer to a store that ignores conditions')
    const data = await memoryOutcome([...argv, '--format', 'json'], { store, cluster })
    expect(data.stdout).toContain('"unsafe_single_writer": true')
  })

  it('is told of by restores', async () => {
    await run('backup', UNSAFE)
    const { status, stderr } = await run('restore', `${UNSAFE}restore:\n  topic_mapping: { orders: restored }\n`)
    expect(status).toBe(0)
    expect(stderr).toContain('storage.unsafe_single_writer is set')
    expect(stderr).toContain('was written with unsafe_single_writer to a store that ignores conditions')
  })
})
