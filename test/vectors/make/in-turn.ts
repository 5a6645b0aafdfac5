/** One after the other: all take from one seeded generator. */
export async function inTurn<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = []
  for (const value of values) results.push(await work(value))
  return results
}
