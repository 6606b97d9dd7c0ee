import { describe, expect, it } from 'vitest'
import { openArchive } from '../archive/open-archive.ts'
import { chooseGroupsAt, type GroupsMoment, noPositionsAt } from './groups-at-moment.ts'
import { BACKUP_ID, GROUP_IDS, resetScenario } from './testing/reset-scenario.ts'

/** Three groups that were captured at 2, of which some are known at a moment. */
async function moment(known: readonly string[], atMs: bigint | null = 1n): Promise<GroupsMoment> {
  const view = await openArchive((await resetScenario()).store, BACKUP_ID)
  const captures = [{ sequence: 1, startedAtMs: 2n, observedAtMs: 2n, groupIds: GROUP_IDS, unread: [] }]
  return { view: { ...view, state: { ...view.state, captures } }, atMs, known }
}

describe('the groups that are meant at a moment', () => {
  it('are those with a known position, where the others are not named', async () => {
    expect(chooseGroupsAt(undefined, await moment(['billing']))).toEqual(['billing'])
    expect(chooseGroupsAt(['ship*'], await moment(['shipping']))).toEqual(['shipping'])
  })

  it.each([
    [['shipping'], ['shipping']],
    [
      ['billing', 'ship*'],
      ['shipping', 'shipping-eu'],
    ],
  ])('are refused for %j, with the moment from which on there are positions of %j', async (asked, groups) => {
    const billing = await moment(['billing'])
    expect(() => chooseGroupsAt(asked, billing)).toThrow(
      expect.objectContaining({
        code: 'KB_GROUP_NOT_FOUND',
        message: expect.stringMatching(/knows no position of `shipping`.* at 1970-01-01T00:00:00.001Z$/),
        hint: expect.stringContaining(`${groups.join(', ')} were first captured at 1970-01-01T00:00:00.002Z`),
        details: { groups, known: ['billing'] },
      }),
    )
  })

  it('are refused as not archived at all only where they are not', async () => {
    const none = await moment([])
    expect(() => chooseGroupsAt(['biling', 'x*'], none)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('has no consumer group `biling` and none that matches `x*`'),
        hint: expect.stringContaining('did you mean billing?'),
      }),
    )
  })

  it('have a reason for being none, but where nothing was ever captured', async () => {
    const late = await moment([], null)
    expect(noPositionsAt(late)?.hint).toContain('were captured from 1970-01-01T00:00:00.002Z to 1970-')
    expect(noPositionsAt(await moment(['billing']))).toBeUndefined()
    const empty = { ...late, view: { ...late.view, state: { ...late.view.state, captures: [] } } }
    expect(noPositionsAt(empty)).toBeUndefined()
    expect(chooseGroupsAt(undefined, empty)).toEqual([])
  })
})
