import type { BlobStore } from '@kbackup/core'

/** A store that writes in another way, and does all else as before. */
export function storeWithPut(inner: BlobStore, put: BlobStore['put']): BlobStore {
  return new Proxy(inner, {
    get: (target, name) => {
      if (name === 'put') return put
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
