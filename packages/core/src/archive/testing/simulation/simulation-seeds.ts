import { Simulation, type SimulationFigures } from './simulation.ts'

/** What a number of seeds gave together. */
export interface SeedsOutcome {
  readonly seeds: number
  readonly figures: SimulationFigures
  /** The first seed that failed, and why; `null` where none did. */
  readonly failure: { readonly seed: number; readonly faults: readonly string[] } | null
}

export interface SeedRange {
  readonly first: number
  /** Every how many-th seed is run, so that several processes can share a range. */
  readonly step: number
  readonly count: number
}

/** Runs seeds until one fails, or all have passed. */
export async function runSeeds({ first, step, count }: SeedRange): Promise<SeedsOutcome> {
  let figures: SimulationFigures | null = null
  for (let index = 0; index < count; index++) {
    const outcome = await new Simulation(first + index * step).run()
    figures = figures === null ? outcome.figures : sum(figures, outcome.figures)
    if (outcome.faults.length === 0) continue
    return { seeds: index + 1, figures, failure: { seed: outcome.seed, faults: outcome.faults } }
  }
  if (figures === null) throw new Error('no seeds were asked for')
  return { seeds: count, figures, failure: null }
}

/** Everything that happened in one run and in another. */
export function sum(left: SimulationFigures, right: SimulationFigures): SimulationFigures {
  return {
    turns: left.turns + right.turns,
    commits: left.commits + right.commits,
    acknowledged: left.acknowledged + right.acknowledged,
    fenced: left.fenced + right.fenced,
    ghosts: left.ghosts + right.ghosts,
    kills: left.kills + right.kills,
    stalls: left.stalls + right.stalls,
    deletions: left.deletions + right.deletions,
    bundles: left.bundles + right.bundles,
    recreations: left.recreations + right.recreations,
    truncations: left.truncations + right.truncations,
  }
}
