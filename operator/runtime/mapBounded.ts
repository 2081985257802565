/**
 * As Promise.all over all of them, with no more than `most` under way at a time.
 * @returns in the order of the items, whichever ended first
 */
export async function mapBounded<T, R>(items: readonly T[], most: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const left = items.entries()
  const workThrough = async (): Promise<void> => {
    for (const [at, item] of left) results[at] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, workThrough))
  return results
}
