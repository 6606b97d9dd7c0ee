import { type Mutation, mutation } from './mutation.ts'

const PRECONDITIONS = 'archive/preconditions.ts'
const CREATE_OBJECT = 'archive/create-object.ts'
const ARCHIVE_WRITER = 'archive/archive-writer.ts'
const DELETE_DROPPED = 'archive/delete-dropped.ts'

/** The rules of the commit protocol; with any of them switched off, the simulation must fail. */
export const COMMIT_RULES: readonly Mutation[] = [
  mutation('a commit is created only if absent', CREATE_OBJECT, ['{ ifAbsent: true, signal }', '{ signal }']),
  mutation('preconditions are checked again at every number', ARCHIVE_WRITER, [
    '      this.#assertFits(draft)\n',
    '      if (lostTries === 0) this.#assertFits(draft)\n',
  ]),
  mutation('a partition is taken only where it has the next offset that the writer saw', PRECONDITIONS, [
    ' && newest.nextOffset === at.nextOffset',
    '',
  ]),
  mutation('a partition is taken only in the lineage that the writer saw', PRECONDITIONS, [
    'lineage === at.lineage && topicId === at.topicId && ',
    'topicId.length + lineage >= 0 && ',
  ]),
  mutation('a known partition is not started anew', PRECONDITIONS, [
    '  const { topicId, lineage } = newest.identity\n',
    '  const { topicId, lineage } = newest.identity\n  if (at.lineage === -1) return true\n',
  ]),
  mutation('an object is replaced only while it is live', PRECONDITIONS, [
    'return tables.liveKeys.has(precondition.key)',
    'return true',
  ]),
  mutation('the catalog changes only from the topic id that the writer saw', PRECONDITIONS, [
    '?? null) === precondition.topicId',
    '?? null) !== undefined',
  ]),
  mutation('an unknown outcome is no success', CREATE_OBJECT, [
    '      if (!isUnknownOutcome(error)) throw error\n',
    '      if (!isUnknownOutcome(error)) throw error\n      return null\n',
  ]),
  {
    rule: 'an unknown outcome is no failure: the same bytes are tried at the same number',
    edits: [
      {
        file: CREATE_OBJECT,
        text: '      if (!isUnknownOutcome(error)) throw error\n',
        replacement: '      throw error\n',
      },
      {
        file: ARCHIVE_WRITER,
        text: 'const foreign = await createObject(this.#store, ours, { environment: this.#environment, signal })\n',
        replacement:
          'const foreign = await createObject(this.#store, ours, { environment: this.#environment, signal }).catch(() => undefined)\n    if (foreign === undefined) return undefined\n',
      },
    ],
  },
  mutation('an absent object proves nothing: a late request may still land', CREATE_OBJECT, [
    '      if (!isUnknownOutcome(error)) throw error\n',
    "      if (!isUnknownOutcome(error)) throw error\n      if ((await readIfPresent(store, key, signal)) === undefined) throw new KbackupError('KB_ARCHIVE_FENCED', { message: 'it is not there' })\n",
  ]),
  mutation('a writer knows its own bytes when it meets them', CREATE_OBJECT, [
    'return found.equals(bytes) ? null : found',
    'return found',
  ]),
  mutation('what another one wrote is not taken for own bytes', CREATE_OBJECT, [
    'return found.equals(bytes) ? null : found',
    'return null',
  ]),
  mutation('a process that was started again knows its ghost by its writer id', 'archive/fenced.ts', [
    'this.#writers.get(name) === this.#ownId',
    "this.#writers.get(name) === ''",
  ]),
  mutation('another writer is not taken for a ghost', 'archive/fenced.ts', [
    'this.#writers.get(name) === this.#ownId',
    'this.#writers.has(name)',
  ]),
  mutation('an object is deleted only when a commit has dropped it', DELETE_DROPPED, [
    '  await archive.commit(draft, { signal })\n',
    '  for (const key of draft.drops) await store.delete(key, { signal })\n  await archive.commit(draft, { signal })\n',
  ]),
  mutation('an object is deleted only where no pin needs it', DELETE_DROPPED, [
    'dropped.filter((key) => !seen.has(key))',
    'dropped',
  ]),
  mutation('pins are read after the commit that drops', DELETE_DROPPED, [
    '  await archive.commit(draft, { signal })\n',
    '  const seen = await keysSeenByPins(store, backupId, { signal })\n  await archive.commit(draft, { signal })\n  for (const key of draft.drops) if (!seen.has(key)) await store.delete(key, { signal })\n',
  ]),
  mutation('a reader looks, when its pin stands, what was dropped before', 'archive/pins.ts', [
    'if (!pin.dropped.has(key)) continue',
    'if (pin.id !== key) continue',
  ]),
  mutation('an object that was dropped is not added again', PRECONDITIONS, [
    'draft.sections.filter(({ key }) => tables.dropped.has(key))',
    'draft.sections.filter(() => false)',
  ]),
  mutation('a commit that adds a dropped object is void', PRECONDITIONS, [
    'return commit.sections.some(({ key }) => tables.dropped.has(key))',
    'return tables === undefined && commit.sections.length < 0',
  ]),
  mutation('an object that a commit has named since is no stray', PRECONDITIONS, [
    'if (live.length === 0) return []',
    'if (live.length >= 0) return []',
  ]),
  mutation('what was dropped is remembered', 'archive/archive-fold.ts', ['      this.#dropped.add(key)\n', '']),
  mutation('what was dropped is remembered in snapshots', 'archive/snapshot.ts', [
    'dropped: [...state.dropped]',
    'dropped: []',
  ]),
  mutation('only an explicit not-found means absent', CREATE_OBJECT, [
    "    if (KbackupError.is(error, 'KB_BLOB_NOT_FOUND')) return undefined\n    throw error\n",
    '    return undefined\n',
  ]),
  mutation('nobody starts afresh where an archive has lost its beginning', 'archive/create-archive.ts', [
    '    throw damagedObject(key, `it is missing, and ${commit.key} is there`)\n',
    '    return undefined\n',
  ]),
  mutation('every JSON object is held to the digest at its end', 'archive/json-object.ts', [
    ' && seal === `${DIGEST_FIELD}${sha256Hex(vouched)}${TAIL}`',
    ' && seal.length > 0',
  ]),
  mutation('a commit names the one before it', 'archive/archive-fold.ts', [
    'if (commit.previousSha256 === (head?.sha256 ?? null)) return undefined',
    'if (head !== undefined) return undefined',
  ]),
  mutation('a commit that is missing between others is damage', 'archive/commit-log.ts', [
    "    throw damagedObject(this.keyOf(sequence), 'it is missing, and commits after it are there')\n",
    '    return undefined\n',
  ]),
  mutation('a snapshot is held to the commit that it stands for', 'archive/load-archive.ts', [
    'if (read.sha256 === head.sha256) return',
    'if (head !== undefined) return',
  ]),
  mutation('an archive is held to the commit that a reader was told of', 'archive/open-archive.ts', [
    'if (known !== sha256) throw',
    "if (known === '') throw",
  ]),
  mutation('no object but the manifest is ever overwritten', 'archive/archive-views.ts', [
    '{ ifAbsent: true, signal }',
    '{ signal }',
  ]),
  mutation('a topic id that changed starts another lineage', 'backup/partition-task.ts', [
    'if (archived.topicId !== topicId) {',
    "if (archived.topicId === '') {",
  ]),
  mutation('what was read from another topic of the name is forgotten', 'backup/committer.ts', [
    'if (id !== undefined && id !== ledger.task.topicId) ledger.drop()',
    'if (id === undefined) ledger.drop()',
  ]),
  mutation('a log that was cut off starts another lineage', 'backup/partition-task.ts', [
    'const divergence = divergenceOffset(facts, archived)',
    'const divergence = divergenceOffset({ ...facts, sharedEndOffset: archived.nextOffset }, archived)',
  ]),
]
