import type { BlobStore, KafkaCluster } from '@kbackup/core'

/** Is told when a request begins; the answer is to be called when it ends. */
export type RequestObserver = (name: string) => () => void

/** A cluster whose requests are told by their names: `fetch`, `produce`, `describeProducers` … */
export function observedCluster(inner: KafkaCluster, observe: RequestObserver): KafkaCluster {
  return observed(inner, (method) => (method === 'close' ? undefined : observe(method)))
}

/** A store whose requests are told by what they are for: `commit`, `journal`, `upload`, `read`, `list` … */
export function observedStore(inner: BlobStore, observe: RequestObserver): BlobStore {
  return observed(inner, (method, key) => observe(purposeOf(method, key)))
}

function purposeOf(method: string, key: unknown): string {
  if (method === 'get' || method === 'head') return 'read'
  if (method !== 'put') return method
  if (String(key).includes('/commits/')) return 'commit'
  return String(key).includes('/restores/') ? 'journal' : 'upload'
}

type Begin = (method: string, firstArgument: unknown) => (() => void) | undefined

/** Calls that give no promise, such as listings, are passed on as they are. */
function observed<Target extends object>(inner: Target, begin: Begin): Target {
  return new Proxy(inner, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function' || typeof name !== 'string') return member
      return (...args: readonly unknown[]) => {
        const end = begin(name, args[0])
        const answer: unknown = Reflect.apply(member, target, args)
        if (answer instanceof Promise) return answer.finally(end)
        end?.()
        return answer
      }
    },
  })
}
