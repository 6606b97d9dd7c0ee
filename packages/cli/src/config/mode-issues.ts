import type { ConfigFile } from './config-file.ts'
import type { ConfigIssue } from './config-issue.ts'
import type { Config, Mode } from './config-schema.ts'

const SECTIONS = {
  backup: { cluster: 'source', unused: ['target', 'restore'] },
  restore: { cluster: 'target', unused: ['source', 'backup'] },
} as const

/** What is wrong with a configuration for a command of this mode: the other mode, its sections, or a missing cluster. */
export function modeIssues(file: ConfigFile, config: Config, mode: Mode): readonly ConfigIssue[] {
  if (config.mode !== undefined && config.mode !== mode) return [otherMode(file, config.mode, mode)]
  const { cluster, unused } = SECTIONS[mode]
  const strangers = unused.filter((section) => config[section] !== undefined)
  return [
    ...(config[cluster] === undefined ? [missingCluster(file, cluster, mode)] : []),
    ...strangers.map((section) => issue(file, section, `is not used by mode ${mode}; remove it`)),
    ...backupIntervals(file, config),
    ...topicLists(file, config),
  ]
}

function otherMode(file: ConfigFile, found: Mode, mode: Mode): ConfigIssue {
  return issue(file, 'mode', `the file is for mode ${found}, this command is of mode ${mode}; give it another file`)
}

function missingCluster(file: ConfigFile, section: string, mode: Mode): ConfigIssue {
  return issue(file, section, `is missing; mode ${mode} needs ${section}.bootstrap_servers`)
}

function backupIntervals(file: ConfigFile, { backup }: Config): readonly ConfigIssue[] {
  if (backup?.commit_interval === undefined || backup.checkpoint_interval_secs === undefined) return []
  const place = file.placeOfKey(['backup', 'commit_interval'])
  const what = 'says the same as checkpoint_interval_secs; remove one of the two'
  return [{ place, path: 'backup.commit_interval', what, kind: 'invalid' }]
}

function topicLists(file: ConfigFile, { target, restore }: Config): readonly ConfigIssue[] {
  if (restore?.topics === undefined || target?.topics?.include === undefined) return []
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
