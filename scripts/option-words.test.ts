import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inCommandWords } from '../packages/cli/src/rendering/option-words.ts'
import { messageTexts } from './message-texts.ts'

const PACKAGES = resolve(import.meta.dirname, '..', 'packages')

/** What only programs that use the SDK can bring about, and names that are no options. */
const ONLY_IN_THE_SDK = new Set([
  'cacheMiddleware', // of a client of S3 that is given
  'createBackup', // a backup that runs in this process
  'createRestore', // code that no journal can hold
  'keyFile', // beside a client of Cloud Storage that is given
  'maxBytes',
  'maxConcurrency',
  'nowMs', // the clock that is given
  'olderThanMs',
  'onEvent',
  'partBytes',
  'pathStyle', // beside a client of S3 that is given
  'silenceMs',
])

const CAMEL_CASE = /(?<![\w./-])[a-z]+[A-Z]\w*/g

describe('messages and hints of the libraries', () => {
  const texts = messageTexts(PACKAGES).filter(({ text }) => !text.includes('require('))

  it('name options as configurations and the command line spell them, once the command line shows them', () => {
    expect(texts.length).toBeGreaterThan(500)
    const left = texts.flatMap(({ file, text }) =>
      [...inCommandWords(text).matchAll(CAMEL_CASE)]
        .filter(([name]) => !ONLY_IN_THE_SDK.has(name))
        .map(([name]) => `${file}: ${name} in "${text}"`),
    )
    expect(left).toEqual([])
  })

  it('name options as the SDK spells them, not twice', () => {
    expect(texts.filter(({ text }) => /in the SDK\)|in YAML\)/.test(text))).toEqual([])
  })
})
