import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SOURCES = fileURLToPath(new URL('..', import.meta.url))

describe('the internals of kafkajs', () => {
  it('are touched by one file only', () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    const touching = files
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.d.ts'))
      .filter((file) => readFileSync(join(SOURCES, file), 'utf8').includes("'kafkajs/"))
    expect(touching).toEqual([['connection', 'kafkajs-connection.ts'].join(sep)])
  })

  it('are those of the one version that was looked at', () => {
    const manifest = fileURLToPath(import.meta.resolve('kafkajs/package.json'))
    expect(JSON.parse(readFileSync(manifest, 'utf8')).version).toBe('2.2.4')
  })
})
