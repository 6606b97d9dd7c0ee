import { seededRandom } from '../../testing/seeded-random.ts'
import { type Damage, everyDamage } from './damage.ts'
import { restored, type Trial, tryDamage } from './damage-trial.ts'
import { copyOf, smallArchive } from './small-archive.ts'

/** Which damages are tried: every `step`-th of them in an order drawn from the seed, `limit` at most. */
export interface DamageShare {
  readonly first: number
  readonly step: number
  readonly limit: number
  readonly seed: number
}

/** What a number of damages gave together. */
export interface DamageReport {
  readonly objects: number
  readonly bytes: number
  readonly flips: number
  readonly cuts: number
  readonly missing: number
  /** How many restores ended how. */
  readonly restores: Readonly<Record<string, number>>
  readonly faults: readonly string[]
}

const MOST_FAULTS = 20

export async function tryDamages({ first, step, limit, seed }: DamageShare): Promise<DamageReport> {
  const sound = await smallArchive()
  const { ended, found } = await restored(await copyOf(sound))
  if (ended !== 'restored') throw new Error(`the sound archive cannot be restored: ${ended}`)
  const trial: Trial = { sound, expected: found }
  const all = await everyDamage(sound)
  const chosen = shuffled(all, seed).filter((_, index) => index % step === first % step)
  const some = chosen.slice(0, limit)
  const [faults, restores]: [string[], Record<string, number>] = [[], {}]
  for (const damage of some) {
    const outcome = await tryDamage(trial, damage)
    restores[outcome.restore] = (restores[outcome.restore] ?? 0) + 1
    if (faults.length < MOST_FAULTS) faults.push(...outcome.faults)
  }
  const countOf = (wanted: Damage['kind']) => some.filter(({ kind }) => kind === wanted).length
  return {
    objects: sound.keys().length,
    bytes: all.filter(({ kind }) => kind === 'flip').length,
    flips: countOf('flip'),
    cuts: countOf('cut'),
    missing: countOf('missing'),
    restores,
    faults,
  }
}

function shuffled(damages: readonly Damage[], seed: number): readonly Damage[] {
  const random = seededRandom(seed)
  return damages
    .map((damage) => ({ damage, place: random() }))
    .sort((left, right) => left.place - right.place)
    .map(({ damage }) => damage)
}
