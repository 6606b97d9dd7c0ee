import type { CheckStep, PromiseGroup } from '@kbackup/core/testing'

interface PromiseWords {
  readonly held: string
  /** What it means for archives where it is not so. */
  readonly broken: string
}

/** The promises of a store in the words of those who trust their backups to it. */
export const PROMISE_WORDS: Readonly<Record<PromiseGroup, PromiseWords>> = {
  creates: {
    held: 'of writers that create one object at once exactly one wins',
    broken: 'two backups of one archive would overwrite each other unnoticed',
  },
  names: {
    held: 'every name that an archive can use is taken, and names are kept apart',
    broken: 'some topics or archives could not be stored, or would be taken for others',
  },
  writes: {
    held: 'an object is seen whole or not at all, and at once',
    broken: 'archives could hold torn objects, or miss what was said to be stored',
  },
  reads: {
    held: 'objects and ranges of them are read byte for byte, and what is missing is said to be missing',
    broken: 'restores and validations would fail, or find damage where there is none',
  },
  listings: {
    held: 'listings are complete and in order, beyond a thousand objects',
    broken: 'commits and archives could be overlooked',
  },
  deletes: {
    held: 'a delete takes away one object and no other',
    broken: 'cleanups could delete too much, or fail',
  },
  aborts: {
    held: 'calls that are cancelled end at once, and leave nothing behind',
    broken: 'runs that are interrupted could hang, or leave objects that are half written',
  },
  uploads: {
    held: 'uploads that were cut short cost nothing for long: they are shown and can be discarded, or are not kept',
    broken: 'parts of the uploads of killed backups could be billed for ever',
  },
}

/** The lines of the log for what a check turns to. */
export const STEP_WORDS: Readonly<Record<CheckStep, string>> = {
  rights: 'Trying: which calls are allowed',
  race: 'Trying: writers that create one object at once',
  names: 'Trying: names of objects',
  writes: 'Trying: writes',
  creates: 'Trying: creates',
  reads: 'Trying: reads and ranges',
  listings: 'Trying: listings of more than a thousand objects',
  deletes: 'Trying: deletes',
  aborts: 'Trying: calls that are cancelled',
  uploads: 'Trying: unfinished uploads',
  speed: 'Trying: how fast a stream goes up and down',
  place: 'Trying: clock and settings of the place',
  removal: 'Removing what the check wrote',
}
