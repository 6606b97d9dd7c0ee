import { z } from 'zod'
import { backupSchema } from './backup-schema.ts'
import { clusterSchema } from './cluster-schema.ts'
import { optionalKey, requiredKey } from './config-key.ts'
import { restoreSchema } from './restore-schema.ts'
import { storageSchema } from './storage-schema.ts'
import { choice, text } from './value-schemas.ts'

export const MODES = ['backup', 'restore'] as const
/** What a configuration file is for. */
export type Mode = (typeof MODES)[number]

/** The one description of a configuration file: checks it, and yields the JSON Schema and the reference page. */
export const configSchema = z.strictObject({
  mode: optionalKey(choice(MODES), {
    description: 'What the file is for; a command refuses a file of the other mode.',
    type: 'word',
    values: MODES,
    default: 'that of the command',
  }),
  backup_id: requiredKey(
    text().regex(/^[A-Za-z0-9_=~%+@,-][A-Za-z0-9._=~%+@,-]*$/, {
      error: 'an archive is named with letters, digits and . _ = - ~ % + @ , and does not begin with a dot',
    }),
    { description: 'The name of the archive on the store.', type: 'text' },
  ),
  source: optionalKey(clusterSchema('backed up'), { description: 'The cluster that is backed up.', type: 'section' }),
  target: optionalKey(clusterSchema('restored'), { description: 'The cluster that is restored to.', type: 'section' }),
  storage: requiredKey(storageSchema(), { description: 'Where archives are kept.', type: 'section' }),
  backup: optionalKey(backupSchema(), { description: 'How to back up.', type: 'section' }),
  restore: optionalKey(restoreSchema(), { description: 'What to restore, and how.', type: 'section' }),
  metrics: optionalKey(z.unknown(), {
    description: 'An endpoint for metrics and health.',
    type: 'section',
    later: 'an endpoint for metrics and health',
  }),
})

/** A configuration file that was checked. */
export type Config = z.output<typeof configSchema>
