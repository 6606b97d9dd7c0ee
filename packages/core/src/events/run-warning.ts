import type { ErrorDetail } from '../errors/kbackup-error.ts'

/** What a run warns of; the run goes on and its result lists the warnings. */
export const WARNING_CODES = {
  KB_WARNING_GAP: 'The source no longer had offsets that the archive does not have either.',
  KB_WARNING_TOPIC_RECREATED: 'A topic was deleted and created again under the same name.',
  KB_WARNING_TOPIC_DELETED: 'The source no longer has a topic of the archive; what was archived stays.',
  KB_WARNING_LOG_TRUNCATED: 'The log of a partition ends before what the archive holds of it.',
  KB_WARNING_PARTITION: 'A partition cannot be backed up as it stands, because it has no leader for instance.',
  KB_WARNING_OFFSETS_TOPIC:
    'The topic __consumer_offsets, or a part of it, cannot be read; its groups are known at captures only.',
  KB_WARNING_OTHER_WRITER:
    'Another run on the same archive is archiving __consumer_offsets; this run leaves it to that one.',
  KB_WARNING_GROUP: 'The positions of a consumer group could not be captured.',
  KB_WARNING_PATTERN: 'A topic pattern matches no topic, while others do.',
  KB_WARNING_RIGHTS: 'Something beside the data may not be read, for instance the configuration of a topic.',
  KB_WARNING_PIN: 'The commit that was verified could not be pinned meanwhile, or its pin could not be removed.',
  KB_WARNING_SINGLE_WRITER: 'The store was not held to its conditions, because `unsafe_single_writer` is set.',
  KB_WARNING_VIEW: 'A view for people, by which nothing is decided, could not be written.',
} as const satisfies Record<string, string>

/** The literal code of a {@link RunWarning}. */
export type WarningCode = keyof typeof WARNING_CODES

/** Something that a person should know, but that does not stop a run. */
export interface RunWarning {
  readonly code: WarningCode
  /** What happened and where, as one sentence without a full stop. */
  readonly message: string
  /** What to do about it, if anything. */
  readonly hint?: string | undefined
  readonly details?: Readonly<Record<string, ErrorDetail>> | undefined
}
