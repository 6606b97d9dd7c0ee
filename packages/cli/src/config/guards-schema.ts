import { z } from 'zod'
import { optionalKey } from './config-key.ts'
import { choice } from './value-schemas.ts'

/** The section `restore.guards`: one key for each hazard that has options. */
export function guardsSchema() {
  return z.strictObject({
    retention: guard(['hold', 'drop', 'accept'], {
      description:
        'Records older than the target topic would keep: raise its retention until the restore is released (`hold`), ' +
        'leave them out (`drop`), or let the broker delete them (`accept`).',
    }),
    timestamp_type: guard(['switch', 'accept'], {
      description:
        'A LogAppendTime target overwrites timestamps: make it CreateTime during the restore (`switch`), or let it (`accept`).',
    }),
    message_size: guard(['hold', 'drop'], {
      description:
        'Records larger than the target takes: raise its limit during the restore (`hold`), or leave them out (`drop`).',
    }),
    groups_active: guard(['skip', 'wait'], {
      description:
        'Groups with members: leave these groups alone (`skip`), or wait until their members have left (`wait`).',
    }),
    incomplete_backup: guard(['accept'], {
      description:
        'A window that reaches beyond what a backup that was cut short, or still runs, has archived: restore without the ' +
        'records that are missing (`accept`).',
    }),
    order: guard(['accept'], {
      description:
        'Missing records that would stand behind later ones, which the target holds already: put them there (`accept`).',
    }),
    copies: guard(['drop', 'accept'], {
      description:
        'Records that an earlier restore appended to the topic that they had come from, so that the archive has them twice: ' +
        'leave the copies out (`drop`), or restore both (`accept`).',
    }),
    timestamp_range: guard(['hold', 'drop'], {
      description:
        'Records whose timestamps the brokers refuse: lift the limits of the topic during the restore (`hold`), or leave them out (`drop`).',
    }),
    null_key: guard(['drop'], {
      description: 'Records without a key, which a compacted target refuses: leave them out (`drop`).',
    }),
    partitions: guard(['add'], {
      description: 'A target topic that lacks partitions: add them (`add`).',
    }),
    codec: guard(['recompress'], {
      description: 'Batches in a codec that the target does not know: compress them anew, with gzip (`recompress`).',
    }),
    compaction: guard(['hold'], {
      description:
        'A compacted target may clean records while they are restored: make its cleaner wait until the restore has ended (`hold`).',
    }),
  })
}

function guard<const Values extends readonly [string, ...string[]]>(
  values: Values,
  facts: { readonly description: string },
) {
  return optionalKey(choice(values), { ...facts, type: 'word', values, default: 'stop' })
}
