import { afterEach, describe, expect, it, vi } from 'vitest'
import { scaled } from './scaled.ts'

describe('scaled', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('cuts counts of a hundred or more to a tenth', () => {
    vi.stubEnv('KBACKUP_TEST_SCALE', '')
    expect([scaled(99), scaled(100), scaled(1_005)]).toEqual([99, 10, 101])
  })

  it('leaves all counts alone at full scale', () => {
    vi.stubEnv('KBACKUP_TEST_SCALE', 'full')
    expect(scaled(1_000)).toBe(1_000)
  })
})
