/** What the table says of one error code. */
export interface ErrorCodeFacts {
  /** Whether trying the same thing again may succeed without anybody changing anything. */
  readonly retryable: boolean
  /** The exit status with which the command line ends when this error ends a run. */
  readonly exitStatus: 1 | 2 | 3 | 4 | 130
  /** One sentence for the reference page. */
  readonly summary: string
}

function code(summary: string, facts: Partial<Omit<ErrorCodeFacts, 'summary'>> = {}): ErrorCodeFacts {
  return { retryable: facts.retryable ?? false, exitStatus: facts.exitStatus ?? 1, summary }
}

const usage = { exitStatus: 2 } as const
const damage = { exitStatus: 4 } as const
const passing = { retryable: true } as const

/** Every error code of kbackup: the one table from which exit status and the reference page are made. */
export const ERROR_CODES = {
  KB_CONFIG_INVALID: code('A configuration value is missing, unknown or of the wrong shape.', usage),
  KB_USAGE: code('A command or an SDK call was given arguments that do not fit together.', usage),
  KB_UNSUPPORTED: code('The request is understood, but this version does not do it.', usage),

  KB_BLOB_NOT_FOUND: code('The store says explicitly that the object does not exist.'),
  KB_BLOB_EXISTS: code('A create-if-absent found an object of that name.'),
  KB_BLOB_KEY_INVALID: code('The store cannot hold an object of that name.', usage),
  KB_BLOB_RANGE: code('A range outside of the object was asked for.', damage),
  KB_BLOB_TOO_LARGE: code('An object is larger than the store can hold, or than the caller allowed.', damage),
  KB_STORE_UNAVAILABLE: code('The store did not answer, or with a passing error; the outcome is unknown.', passing),
  KB_STORE_THROTTLED: code('The store asks for fewer requests; whether this one took effect is unknown.', passing),
  KB_STORE_AUTHENTICATION: code('The store does not accept the credentials, or there are none.'),
  KB_STORE_FORBIDDEN: code('The store refused the operation for want of rights.'),
  KB_STORE_UNCONDITIONAL: code('The store ignores conditions, so that writers could overwrite each other unnoticed.'),
  KB_STORE_FAILED: code('The store failed in a way that will not pass by itself.'),

  KB_ARCHIVE_NOT_FOUND: code('No archive of that backup id is on the store.'),
  KB_ARCHIVE_DAMAGED: code('Bytes of the archive are missing or differ from what a commit vouches for.', damage),
  KB_ARCHIVE_FORMAT: code('The archive was written in a format this version does not read.'),
  KB_ARCHIVE_FENCED: code('Another writer has advanced the same partition of the archive.'),
  KB_COMMIT_MISSING: code('The commit that was asked for is not in the archive.', damage),
  KB_COMMIT_EXPIRED: code('Objects of the commit that was to be read have been dropped by a newer one.'),

  KB_BATCH_CORRUPT: code('A record batch fails its checksum or its own arithmetic.', damage),
  KB_BATCH_MAGIC: code('A record batch has the message format of Kafka before 0.11 (magic 0 or 1).'),
  KB_CODEC_UNKNOWN: code('A record batch names a compression codec that is not known.'),
  KB_CODEC_LEVEL: code('A compression level was asked for that the codec at hand cannot honour.', usage),

  KB_KAFKA_UNAVAILABLE: code('No broker answered; the outcome of what was sent is unknown.', passing),
  KB_KAFKA_AUTHENTICATION: code('The brokers refused the credentials.'),
  KB_KAFKA_AUTHORIZATION: code('The principal lacks a right on a topic, a group or the cluster.'),
  KB_KAFKA_TLS: code('The TLS connection to a broker could not be made or trusted.'),
  KB_KAFKA_PROTOCOL: code('A broker answered with an error that does not pass by itself.'),
  KB_KAFKA_UNSUPPORTED: code('The brokers do not speak a version of a request that is needed.'),

  KB_TOPIC_NOT_FOUND: code('A topic that was named literally does not exist.'),
  KB_NO_TOPICS_MATCHED: code('No topic matches the selection.'),
  KB_NO_DATA_IN_WINDOW: code('No archived record lies in the window; nothing was written.', { exitStatus: 3 }),
  KB_GROUP_NOT_FOUND: code('A consumer group that was named is not in the archive.'),
  KB_SOURCE_CHANGED: code('The source changed under a run in a way that the run cannot account for.'),

  KB_PLAN_BLOCKED: code('The plan has hazards that block it; nothing was written.', { exitStatus: 3 }),
  KB_TARGET_NOT_EMPTY: code('A target topic holds records and nothing was said about them.', { exitStatus: 3 }),
  KB_RESTORE_MISMATCH: code('A restore that is to be resumed differs from the one in the journal.', usage),
  KB_RESTORE_UNVERIFIED: code('What the target holds differs from what was restored.'),
  KB_RESTORE_FENCED: code('Another process goes on with the same restore.'),
  KB_RESTORE_NOT_FOUND: code('No restore of that id is in the archive.'),
  KB_SNAPSHOT_NOT_FOUND: code('No snapshot of consumer groups of that id is in the archive.'),
  KB_PRODUCE_REJECTED: code('A broker rejected records of a restore.'),
  KB_GROUP_RESET_FAILED: code('A consumer group could not be set to its position; all groups were rolled back.'),

  KB_FILE_FAILED: code('A local file that was asked for could not be read or written.'),

  KB_INTERRUPTED: code('The run was interrupted before its end.', { exitStatus: 130 }),
  KB_INTERNAL: code('A promise of the code itself does not hold; please report it.'),
} as const satisfies Record<string, ErrorCodeFacts>

/** The literal code of a {@link KbackupError}. */
export type ErrorCode = keyof typeof ERROR_CODES
