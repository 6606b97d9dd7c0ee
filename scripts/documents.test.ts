import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { deadLinks, documents } from './document-links.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

describe('the documents', () => {
  it('have no link that leads nowhere', () => {
    const pages = documents(ROOT)
    expect(pages).toEqual(expect.arrayContaining(['README.md', join('docs', 'guarantees.md')]))
    expect(pages.flatMap((page) => deadLinks(page, ROOT))).toEqual([])
  })

  it('name, for each of the nine guarantees, tests that exist', () => {
    const [, ...guarantees] = read('docs/guarantees.md').split(/^## \d\. /m)
    expect(guarantees).toHaveLength(9)
    for (const guarantee of guarantees) {
      const tests = [...guarantee.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, path = '']) => path)
      expect({ guarantee, count: tests.length }).toMatchObject({ count: expect.toSatisfy((count) => count > 0) })
      expect(tests.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    }
  })

  it('list every hazard that a plan knows, and no other', () => {
    expect(hazardCodes(tableAfter(read('docs/restore.md'), '## Hazards'))).toEqual(
      hazardCodes(read('packages/core/src/restore/restore-plan.ts')),
    )
  })
})

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function tableAfter(text: string, heading: string): string {
  return text.split(`${heading}\n`)[1]?.split(/^## /m)[0] ?? ''
}

function hazardCodes(text: string): readonly string[] {
  return [...new Set(text.match(/KB_HAZARD_[A-Z_]+/g))].sort()
}
