import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configJsonSchema } from './config-json-schema.ts'
import { configReference } from './config-reference.ts'

const PAGE = new URL('../../../../docs/configuration.md', import.meta.url)
const BEGIN = '<!-- reference: made from the schema; UPDATE_DOCS=1 vitest run config-reference writes it anew -->'
const END = '<!-- end of the reference -->'

function pageParts(): readonly [before: string, reference: string, after: string] {
  const page = readFileSync(PAGE, 'utf8')
  const [before = '', rest = ''] = page.split(`${BEGIN}\n`)
  const [reference = '', after = ''] = rest.split(`\n${END}`)
  return [before, reference, after]
}

describe('docs/configuration.md', () => {
  it('has the reference tables that the schema yields', () => {
    const [before, reference, after] = pageParts()
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(PAGE, `${before}${BEGIN}\n\n${configReference()}\n\n${END}${after}`)
      return
    }
    expect(reference.trim()).toBe(configReference())
  })
})

describe('the JSON Schema', () => {
  it('describes every key, and allows no other', () => {
    const schema = JSON.stringify(configJsonSchema())
    expect(configJsonSchema()).toMatchObject({
      additionalProperties: false,
      required: ['backup_id', 'storage'],
      properties: {
        mode: { enum: ['backup', 'restore'] },
        restore: { properties: { existing_topics: { enum: ['fail', 'append', 'only-missing', 'purge', 'recreate'] } } },
        target: { properties: { security: { properties: { sasl_password: { type: 'string' } } } } },
      },
    })
    expect(schema).toContain('Which topics are restored.')
  })
})
