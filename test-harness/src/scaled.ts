const FULL_SCALE = 'full'
const SCALED_FROM = 100

/**
 * How many of something a test does: counts of a hundred or more are cut to a tenth, unless `KBACKUP_TEST_SCALE` is `full`
 * (`npm run test:long`).
 */
export function scaled(count: number): number {
  if (process.env.KBACKUP_TEST_SCALE === FULL_SCALE || count < SCALED_FROM) return count
  return Math.ceil(count / 10)
}
