import type { Environment } from '../archive/environment.ts'
import { singleWriterNotes } from '../archive/single-writer-note.ts'
import { sumOf } from '../collections/sum-of.ts'
import { findArchivedCopies } from './copies/archived-copies.ts'
import { movedGroupNotes } from './copies/group-notes.ts'
import { isCountable, mostRecords, withoutCopies } from './copies/left-out-copies.ts'
import { readEarlierRestores } from './earlier-restores.ts'
import { NO_GROUPS, type PlannedGroups, planGroups } from './group-planning.ts'
import { STRATEGY_NOTES } from './group-strategies/group-strategy.ts'
import { copyNotes, findCopyHazards } from './hazards/archived-copies.ts'
import { findContentHazards } from './hazards/content-hazards.ts'
import { emptyWindow } from './hazards/empty-window.ts'
import { findIncompleteBackup } from './hazards/incomplete-backup.ts'
import { findMissingRights, type RightsQuestion } from './hazards/missing-rights.ts'
import { findPresentHazards } from './hazards/present-records.ts'
import { lostTopics } from './lost-topics.ts'
import { findPresence, NOTHING_PRESENT, type RestorePresence } from './present-records/restore-presence.ts'
import { requestNotes } from './request-notes.ts'
import { makeRestorePlan, type RestorePlan, type TopicPlan } from './restore-plan.ts'
import type { RestoreSession, SessionOptions } from './restore-session.ts'
import { journaledStreams } from './restore-start.ts'
import { isWholeSection, type RestoreStream, type SectionSlice } from './restore-stream.ts'
import type { SelectedTopic } from './stream-selection.ts'
import { isUnbounded, relateToWindow } from './time-window.ts'
import { type PlannedTopic, planTopics } from './topic-planning.ts'
import { type WindowContent, windowContent } from './window-content.ts'

export interface PlanningOptions extends SessionOptions {
  readonly environment: Environment
  /** Whether to find out if the archive can be written to; a run hears of it at its first write. */
  readonly checksRights: boolean
}

/** A plan, and what a run needs of it beside. */
export interface PlannedRestore {
  readonly plan: RestorePlan
  readonly topics: readonly PlannedTopic[]
  readonly groups: PlannedGroups
  /** What the targets hold of it already, where only what is missing is restored. */
  readonly presence: RestorePresence
}

/** Works out what a restore would do. Reads only: archive, target topics, groups. */
export async function planRestore(session: RestoreSession, options: PlanningOptions): Promise<PlannedRestore> {
  const { cluster, request, environment, signal, store } = options
  // Nothing is produced before that entry.
  const hasProduced = session.unfinished?.entries.some(({ type }) => type === 'prepared') ?? false
  const nowMs = BigInt(environment.nowMs())
  const content = await contentOf(session, options)
  const readEarlier = () => readEarlierRestores(session, options)
  const asSelected = await planTopics(session.selected, { cluster, request, hasProduced, nowMs, readEarlier, signal })
  if (hasProduced && session.unfinished !== null) lostTopics(asSelected, session.unfinished)
  const copies = await findArchivedCopies(session, options)
  const topics = request.guards.copies === 'drop' ? withoutCopies(asSelected, copies) : asSelected
  const inContent = hasProduced ? [] : await findContentHazards(topics, { store, cluster, request, signal })
  const presence = hasProduced ? NOTHING_PRESENT : await presenceIn(topics, session, options)
  const groups = content === 'none' ? NO_GROUPS : await planGroups(session, { store, cluster, request, signal })
  const rights = options.checksRights ? await findMissingRights(rightsQuestion(session, options)) : []
  const incomplete = findIncompleteBackup(session.selected, { ...request, captures: session.view.state.captures })
  const known = { presence, present: journaledPresence(session) }
  const plan = makeRestorePlan({
    backupId: request.backupId,
    storage: store.name,
    commit: session.identity.commit,
    window: request.window,
    resumes: session.unfinished?.restoreId ?? null,
    topics: topics.map((topic) => topicPlan(topic, known)),
    partitions: topics.flatMap(({ streams }) => streams.map(({ source, target }) => ({ source, target }))),
    groups: groups.plans,
    originalHeaders: request.originalHeaders,
    hazards: [
      ...(content === 'none' ? [emptyWindow(session.selected, request.window)] : []),
      ...incomplete,
      ...rights,
      ...topics.flatMap(({ hazards }) => hazards),
      ...findCopyHazards(copies, request.guards.copies),
      ...topics.flatMap(({ topic }) => findPresentHazards(topic, presence, request.guards.order)),
      ...inContent,
      ...groups.hazards,
    ],
    notes: [
      ...singleWriterNotes(session.view.state),
      ...requestNotes(session, request),
      ...contentNotes(content),
      ...copyNotes(copies, request.guards.copies),
      ...strategyNotes(groups, request),
      ...amongPresentNotes(groups, presence),
      ...topics.flatMap(notesOf),
      ...groups.notes,
      ...movedGroupNotes(groups.positions, topics),
    ],
  })
  return { plan, topics, groups, presence }
}

/** By the streams as they were begun, where a restore goes on that has not produced anything yet. */
async function presenceIn(
  topics: readonly PlannedTopic[],
  session: RestoreSession,
  options: PlanningOptions,
): Promise<RestorePresence> {
  if (options.request.existingTopics !== 'only-missing') return NOTHING_PRESENT
  if (session.unfinished === null) return findPresence(topics, options)
  const begun = journaledStreams({ session }, session.unfinished.begin)
  const asBegun = ({ topic }: PlannedTopic) => begun.filter(({ target }) => target.topic === topic.target)
  return findPresence(
    topics.map((planned) => ({ topic: planned.topic, streams: asBegun(planned) })),
    options,
  )
}

/** An archive without any record can be restored: its topics are. */
async function contentOf({ selected }: RestoreSession, options: PlanningOptions): Promise<WindowContent> {
  return selectsEverything(selected) ? 'some' : windowContent(selected, options)
}

function selectsEverything(selected: readonly SelectedTopic[]): boolean {
  return selected.every(({ source }) =>
    source.partitions.every(
      ({ selection }) =>
        selection === null ||
        (isUnbounded(selection.window) && selection.startOffset === null && selection.nextOffset === null),
    ),
  )
}

function contentNotes(content: WindowContent): readonly string[] {
  if (content !== 'unknown') return []
  return ['whether any record lies in the window is not known: finding out would mean to read much of the archive']
}

function strategyNotes({ plans }: PlannedGroups, { groupStrategy }: PlanningOptions['request']): readonly string[] {
  return plans.length === 0 ? [] : STRATEGY_NOTES[groupStrategy]
}

/** The places of groups are those of records that are yet to be produced. */
function amongPresentNotes({ plans }: PlannedGroups, presence: RestorePresence): readonly string[] {
  const holdsSome = presence.some(({ streams }) => streams.some(({ present }) => present > 0))
  if (plans.length === 0 || !holdsSome) return []
  return [
    'groups go on at the first record that they had not read, wherever it stands among those that were there and those that are produced: ' +
      'they may read others again, and the report of the restore says where they go on and how many these are',
  ]
}

function rightsQuestion({ identity }: RestoreSession, options: PlanningOptions): RightsQuestion {
  const { store, environment, signal, request } = options
  return { store, environment, signal, backupId: request.backupId, commit: identity.commit }
}

interface KnownPresence {
  readonly presence: RestorePresence
  /** Records by target topic, as a restore that goes on has found them when it was begun. */
  readonly present: ReadonlyMap<string, number>
}

function journaledPresence({ unfinished }: RestoreSession): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const prepared = unfinished?.entries.find((entry) => entry.type === 'prepared')
  for (const [index, { present }] of (prepared?.anchors ?? []).entries()) {
    const topic = unfinished?.begin.streams[index]?.target.topic
    if (topic !== undefined) counts.set(topic, (counts.get(topic) ?? 0) + sumOf(present, ({ count }) => count))
  }
  return counts
}

function topicPlan({ topic, preparation, streams }: PlannedTopic, { presence, present }: KnownPresence): TopicPlan {
  const sections = sectionsOf(streams)
  const compared = presence.filter(({ target }) => target.topic === topic.target).flatMap((each) => each.streams)
  const isCompared = compared.length > 0
  return {
    source: topic.source.topic.topic,
    target: topic.target,
    preparation: preparation.action,
    partitions: new Set(streams.map(({ source }) => source.partition)).size,
    records: isCompared
      ? sumOf(compared, ({ missing }) => missing)
      : sumOf(sections, ({ slice, stream }) => mostRecords(slice, stream.filter)),
    exact: isCompared ? streams.every(({ filter }) => filter.dropAboveBytes === null) : sections.every(isExact),
    recordsPresent: isCompared ? sumOf(compared, (stream) => stream.present) : (present.get(topic.target) ?? 0),
    logBytes: sumOf(sections, ({ slice }) => slice.entry.logBytes),
    storedBytes: sumOf(sections, ({ slice }) => slice.entry.length),
    sectionsRead: sections.length,
    sectionsTotal: sumOf(topic.source.partitions, ({ lineage }) => lineage.sections.length),
  }
}

interface PlannedSection {
  readonly slice: SectionSlice
  readonly stream: RestoreStream
}

/** Each once, though streams to several partitions come from it. */
function sectionsOf(streams: readonly RestoreStream[]): readonly PlannedSection[] {
  const sections = new Map<SectionSlice, PlannedSection>()
  for (const stream of streams) for (const slice of stream.slices) sections.set(slice, { slice, stream })
  return [...sections.values()]
}

function isExact({ slice, stream: { filter, wantsKey, transform } }: PlannedSection): boolean {
  const isInside = relateToWindow(filter.window, slice.entry) === 'inside'
  const losesNothing = filter.dropAboveBytes === null && !filter.dropNullKeys && wantsKey === null && transform === null
  return isWholeSection(slice) && isInside && losesNothing && isCountable(slice, filter)
}

function notesOf({ topic }: PlannedTopic): readonly string[] {
  const { source } = topic
  if (source.otherTopicIdsInWindow.length === 0) return []
  return [
    `${source.topic.topic} was deleted and created again: the newest life with records in the window is restored, ` +
      `${source.otherTopicIdsInWindow.length} older are not`,
  ]
}
