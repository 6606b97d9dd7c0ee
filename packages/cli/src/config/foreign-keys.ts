/** Keys of other tools that have no counterpart here, with what to do instead. */
export const FOREIGN_KEYS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'storage.account_name': 'use storage.account',
    'storage.container_name': 'use storage.container',
    'storage.use_workload_identity': 'remove it: without account_key and sas_token an identity is looked for',
    offset_storage: 'remove it: a backup goes on from its last commit, which is in the archive itself',
    'backup.start_offset': 'remove it: a backup begins where the log begins, and goes on from its last commit',
    'backup.stop_at_current_offsets': 'remove it: a backup stops at the offsets of its start unless it is continuous',
    'backup.include_internal_topics':
      'remove it, and name the internal topics that are wanted in source.topics.include',
    'backup.consumer_group_snapshot': 'use backup.consumer_groups, which takes all, none or names',
    'backup.sync_interval_secs': 'use checkpoint_interval_secs, after which what was stored is also committed',
    'backup.source_cluster_id': 'remove it: the brokers say what their cluster is called',
    'restore.create_topics': 'remove it: topics that the target lacks are created as they were archived',
    'restore.purge_topics': 'use existing_topics: purge',
    'restore.default_replication_factor': 'use replication_factor',
  }),
)
