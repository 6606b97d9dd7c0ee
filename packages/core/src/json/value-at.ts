/** A field of what came from outside: of JSON, of an error of an SDK; `undefined` where there is none. */
export function valueAt(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** A field that is a text. */
export function textAt(value: unknown, name: string): string | undefined {
  const found = valueAt(value, name)
  return typeof found === 'string' ? found : undefined
}

/** A field that is a number. */
export function numberAt(value: unknown, name: string): number | undefined {
  const found = valueAt(value, name)
  return typeof found === 'number' ? found : undefined
}
