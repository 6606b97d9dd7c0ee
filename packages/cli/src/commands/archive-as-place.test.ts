import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OrdersCli } from './testing/orders-cli.ts'

let cli: OrdersCli

beforeEach(async () => {
  cli = await OrdersCli.open()
})

afterEach(() => cli[Symbol.asyncDispose]())

describe('an archive that is not there', () => {
  it('is an error that names those that are, and where the place was given', async () => {
    await cli.backUp()
    const { status, stderr } = await cli.run('describe --path a --backup-id payment')
    expect(status).toBe(1)
    expect(stderr).toContain('→ a holds payments; check --path and --backup-id')
    const file = await cli.config('restore')
    await writeFile(file, (await readFile(file, 'utf8')).replace('payments', 'payment'))
    for (const command of ['restore', 'validate-restore']) {
      const run = await cli.run(`${command} --config ${file}`)
      expect(run.stderr).toContain(`→ ${cli.folder} holds payments; check storage.path and backup_id in ${file}`)
    }
    expect((await cli.run('validate --path missing --backup-id payment')).stderr).toContain(
      '→ there is no folder missing',
    )
  })
})

describe('a place that is itself an archive', () => {
  it('is an error of every command, with the folder around it', async () => {
    await cli.store.put('archive.json', Buffer.from('{}'))
    for (const command of ['describe', 'validate', 'show-offset-mapping', 'list']) {
      const backupId = command === 'list' ? '' : ' --backup-id payments'
      const { status, stdout, stderr } = await cli.run(`${command} --path ./backups/payments${backupId}`)
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain('./backups/payments is itself the archive payments\n  → give --path ./backups\n')
    }
    for (const command of ['backup', 'restore', 'validate-restore']) {
      const file = await cli.config(command === 'backup' ? 'backup' : 'restore')
      const { status, stderr } = await cli.run(`${command} --config ${file}`)
      expect(status).toBe(1)
      expect(stderr).toContain(`${cli.folder} is itself the archive`)
      expect(stderr).toContain(`→ give storage.path ${tmpdir()}\n`)
    }
    const onS3 = await cli.run('list --path s3://bucket/prod/payments')
    expect(onS3.stderr).toContain('→ give --path s3://bucket/prod\n')
  })
})
