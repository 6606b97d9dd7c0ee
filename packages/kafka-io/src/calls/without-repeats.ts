/** How items are shared out among requests. */
export interface RequestSharing<Item> {
  /** Items of one name may not stand in one request. */
  name(item: Item): string
  /** Items of different kinds may not stand in one request. */
  kind?(item: Item): string
}

/**
 * Asks about all items, in as few requests as the rules allow, all at once.
 *
 * @returns the answers in the order of the items
 */
export async function askWithoutRepeats<Item, Answer>(
  items: readonly Item[],
  sharing: RequestSharing<Item>,
  ask: (items: readonly Item[]) => Promise<readonly Answer[]>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  await Promise.all(
    shareOut(items, sharing).map(async (indexes) => {
      const asked = indexes.flatMap((index) => items.slice(index, index + 1))
      const said = await ask(asked)
      for (const [position, answer] of said.entries()) answers[indexes[position] ?? 0] = answer
    }),
  )
  return answers
}

/** The indexes of the items of each request. */
function shareOut<Item>(items: readonly Item[], { name, kind }: RequestSharing<Item>): readonly (readonly number[])[] {
  const requests = new Map<string, number[]>()
  const repeats = new Map<string, number>()
  for (const [index, item] of items.entries()) {
    const itemKind = kind?.(item) ?? ''
    const itemKey = `${itemKind} ${name(item)}`
    const repeat = repeats.get(itemKey) ?? 0
    repeats.set(itemKey, repeat + 1)
    const request = `${repeat} ${itemKind}`
    const indexes = requests.get(request)
    if (indexes) indexes.push(index)
    else requests.set(request, [index])
  }
  return [...requests.values()]
}
