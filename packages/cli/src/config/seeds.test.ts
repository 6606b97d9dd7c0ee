import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { KbackupError } from '@kbackup/core'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { MODES } from './config-schema.ts'
import { parseConfig } from './load-config.ts'

const folder = fileURLToPath(new URL('../../../../test-harness/fixtures/seeds/', import.meta.url))
const environment = { KAFKA_PASSWORD: 'kafka-secret', CONFLUENT_KEY: 'key', CONFLUENT_SECRET: 'confluent-secret' }

const manifestSchema = z.object({
  configurations: z.array(
    z.object({ file: z.string(), command: z.string(), unsupported: z.array(z.string()).optional() }),
  ),
})
const { configurations } = manifestSchema.parse(parse(readFileSync(`${folder}manifest.yaml`, 'utf8')))

function outcome(file: string, command: string): readonly string[] | 'accepted' {
  const mode = MODES.find((candidate) => command.startsWith(`kbackup ${candidate} `)) ?? 'restore'
  try {
    parseConfig({ file, text: readFileSync(folder + file, 'utf8'), environment }, mode)
    return 'accepted'
  } catch (error) {
    if (!KbackupError.is(error, 'KB_UNSUPPORTED')) throw error
    return error.details.paths as readonly string[]
  }
}

describe('the configurations of the guides', () => {
  it('are all in the manifest', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'manifest.yaml')
    expect(configurations.map(({ file }) => file).sort()).toEqual(files.sort())
  })

  it.each(configurations)('$file is accepted, or refused for exactly the keys that the manifest names', (fixture) => {
    expect(outcome(fixture.file, fixture.command)).toEqual(fixture.unsupported ?? 'accepted')
  })
})
