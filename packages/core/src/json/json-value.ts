/** A copy that JSON can hold: bigints as decimal text. */
export function jsonValue(value: object): object {
  return JSON.parse(JSON.stringify(value, (_name, item) => (typeof item === 'bigint' ? item.toString() : item)))
}
