import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blobStoreContract } from '@kbackup/core/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { fs } from './fs.ts'

const directory = mkdtempSync(join(tmpdir(), 'kbackup-fs-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('the filesystem store keeps the contract:', () => {
  for (const { name, run } of blobStoreContract(() => fs({ directory: join(directory, 'not/yet/there') })))
    it(name, run)
})

describe('fs', () => {
  it('refuses an option that it does not know', () => {
    expect(() => fs(Object.assign({ directory: 'a' }, { dirctory: 'b' }))).toThrow(
      expect.objectContaining({ code: 'KB_CONFIG_INVALID', hint: expect.stringContaining('did you mean directory?') }),
    )
  })

  it.each(['', 'a\0b'])('refuses the directory %j', (wrong) => {
    expect(() => fs({ directory: wrong })).toThrow(expect.objectContaining({ code: 'KB_CONFIG_INVALID' }))
  })
})
