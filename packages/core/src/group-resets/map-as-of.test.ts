import { describe, expect, it } from 'vitest'
import { systemEnvironment } from '../archive/environment.ts'
import { backUpAgain, emptyTarget, mendedInPlace, restoreInto } from '../restore/testing/in-place-scene.ts'
import { NOW, orders } from '../restore/testing/only-missing-scene.ts'
import { createOffsetReset } from './create-offset-reset.ts'

const READ = 'had-read-all-originals'
const MENDED_AT = NOW + 60_000

/** A group stood behind the originals 0 … 11 at `NOW`; their copies were appended later, and are left out of the target. */
async function restoredWithoutCopies(window?: { readonly end: bigint }) {
  const environment = { ...systemEnvironment, nowMs: () => MENDED_AT }
  const [at, target] = [await mendedInPlace({ environment }), await emptyTarget()]
  await at.source.commitGroupOffsets(READ, [{ ...orders, offset: 12n, leaderEpoch: -1, metadata: '' }])
  await backUpAgain(at)
  await restoreInto(at, target, { guards: { copies: 'drop' }, window }).run()
  return { storage: at.storage, backupId: 'b', target }
}

describe('a reset of groups by a restore that left copies out', () => {
  it('does not move a group back for copies that were appended after the moment', async () => {
    const scene = await restoredWithoutCopies()
    const { groups } = await createOffsetReset({ ...scene, at: BigInt(MENDED_AT - 1) }).plan()
    expect(groups[0]?.positions).toMatchObject([{ translation: { kind: 'exact', target: { offset: 12n } } }])
    expect(groups[0]?.targets).toMatchObject([{ offset: 12n }])
  })

  it.each([BigInt(MENDED_AT), undefined])(
    'moves it to the first original whose copy was there and not read (%s)',
    async (at) => {
      const scene = await restoredWithoutCopies()
      const { groups } = await createOffsetReset({ ...scene, at }).plan()
      expect(groups[0]?.positions).toMatchObject([{ translation: { kind: 'found', target: { offset: 0n } } }])
      expect(groups[0]?.targets).toMatchObject([{ offset: 0n }])
    },
  )

  it('lets the moment decide where the window ended before the copies were appended', async () => {
    const scene = await restoredWithoutCopies({ end: BigInt(MENDED_AT - 1) })
    const placeAt = async (at: bigint | undefined) =>
      (await createOffsetReset({ ...scene, at }).plan()).groups[0]?.targets[0]?.offset
    expect(await placeAt(undefined)).toBe(12n)
    expect(await placeAt(BigInt(MENDED_AT))).toBe(0n)
  })
})
