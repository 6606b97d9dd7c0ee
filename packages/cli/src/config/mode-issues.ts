import { type ConfigFile, type ConfigPath, valueAt } from './config-file.ts'
import type { ConfigIssue } from './config-issue.ts'
import type { Mode } from './config-schema.ts'

const SECTIONS = {
  backup: { cluster: 'source', unused: ['target', 'restore'] },
  restore: { cluster: 'target', unused: ['source', 'backup'] },
} as const

/** What of the values in a file is wrong for a command of this mode: the other mode, its sections, or a missing cluster. */
export function modeIssues(file: ConfigFile, values: unknown, mode: Mode): readonly ConfigIssue[] {
  const found = valueAt(values, ['mode'])
  if ((found === 'backup' || found === 'restore') && found !== mode) return [otherMode(file, found, mode)]
  const { cluster, unused } = SECTIONS[mode]
  const strangers = unused.filter((section) => isThere(values, [section]))
  return [
    ...(isThere(values, [cluster]) ? [] : [missingCluster(file, cluster, mode)]),
    ...strangers.map((section) => issue(file, section, `is not used by mode ${mode}; remove it`)),
    ...backupIntervals(file, values),
    ...topicLists(file, values),
  ]
}

function otherMode(file: ConfigFile, found: Mode, mode: Mode): ConfigIssue {
  return issue(file, 'mode', `the file is for mode ${found}, this command is of mode ${mode}; give it another file`)
}

function missingCluster(file: ConfigFile, section: string, mode: Mode): ConfigIssue {
  return issue(file, section, `is missing; mode ${mode} needs ${section}.bootstrap_servers`)
}

function isThere(values: unknown, path: ConfigPath): boolean {
  return valueAt(values, path) !== undefined
}

function backupIntervals(file: ConfigFile, values: unknown): readonly ConfigIssue[] {
  const keys = ['commit_interval', 'checkpoint_interval_secs']
  if (!keys.every((key) => isThere(values, ['backup', key]))) return []
  const place = file.placeOfKey(['backup', 'commit_interval'])
  const what = 'says the same as checkpoint_interval_secs; remove one of the two'
  return [{ place, path: 'backup.commit_interval', what, kind: 'invalid' }]
}

function topicLists(file: ConfigFile, values: unknown): readonly ConfigIssue[] {
  if (!isThere(values, ['restore', 'topics']) || !isThere(values, ['target', 'topics', 'include'])) return []
  const place = file.placeOfKey(['restore', 'topics'])
  return [
    {
      place,
      path: 'restore.topics',
      what: 'says the same as target.topics.include; remove one of the two',
      kind: 'invalid',
    },
  ]
}

function issue(file: ConfigFile, section: string, what: string): ConfigIssue {
  const place = section === 'mode' ? file.placeOf([section]) : file.placeOfKey([section])
  return { place, path: section, what, kind: 'invalid' }
}
