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

const STEPS: Readonly<Record<CheckStep, string>> = {
  rights: 'which calls are allowed',
  race: 'writers that create one object at once',
  names: 'names of objects',
  writes: 'writes',
  creates: 'creates',
  reads: 'reads and ranges',
  listings: 'listings of more than a thousand objects',
  deletes: 'deletes',
  aborts: 'calls that are cancelled',
  uploads: 'unfinished uploads',
  speed: 'how fast a stream goes up and down',
  place: 'clock and settings of the place',
  removal: 'removing what the check wrote',
}

/** The line of the log for what a check turns to. */
export function checkStepText(step: CheckStep): string {
  return `Trying: ${STEPS[step]}`.replace('Trying: removing', 'Removing')
}
