/**
 * Reads items one after the other, works on up to `lanes` of them at once, and gives the results in their order:
 * each call of the returned function gives the next one, and `undefined` after the last. Nothing is read before the
 * first call, and never more than `lanes` items are read ahead of what was given.
 *
 * After a failure no further item is read. `read` and `work` get the item's number; `read` may use memory again that
 * it gave `lanes` items before.
 */
export function inOrder<I, O>(
  lanes: number,
  read: (i: number) => Promise<I | undefined>,
  work: (item: I, i: number) => Promise<O>,
): () => Promise<O | undefined> {
  const window: Promise<O | undefined>[] = []
  let started = 0
  let failed = false
  let previous: Promise<unknown> = Promise.resolve(true)
  const start = (i: number): Promise<O | undefined> => {
    const item = previous.then((more) => (more === undefined || failed ? undefined : read(i)))
    previous = item
    const result = item.then((value) => (value === undefined ? undefined : work(value, i)))
    result.catch(() => (failed = true))
    return result
  }
  // Not async, as the functions above: each would have the result wait for three more turns of microtasks.
  return () => {
    do window.push(start(started++))
    while (window.length < lanes)
    return window.shift() as Promise<O | undefined>
  }
}
