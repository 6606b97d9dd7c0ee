import { expect, it } from 'vitest'
import { randomClusterId } from './cluster-id.ts'

it('a cluster id never looks like an option of a command line', () => {
  const ids = Array.from({ length: 2_000 }, randomClusterId)
  expect(ids.filter((id) => !/^[A-Za-z0-9][\w-]{21}$/.test(id))).toEqual([])
})
