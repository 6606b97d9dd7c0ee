/** The same with keys as they are written in configurations: `groupId` becomes `group_id`. */
export function snakeCaseKeys<Value>(value: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [snakeCase(key), item]))
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
