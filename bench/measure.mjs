// Timing and streams, the same in a process and in a page: nothing of the platform but its clock and its streams.

/** The result of `work`, and how many milliseconds it took. */
export async function timed(work) {
  const start = performance.now()
  const result = await work()
  return { result, ms: performance.now() - start }
}

/**
 * Times of each contender by round, in milliseconds. The order moves on and turns round, so that nobody always follows the
 * same one. What comes out of a contender is dropped at once, as a consumer does that has written it elsewhere. `settle`
 * is what is waited for before each run. A contender that names fewer `rounds` of its own takes part in so many, evenly
 * spread, and isn't warmed up.
 */
export async function measure(contenders, rounds, warmUps, settle = () => undefined) {
  const names = Object.keys(contenders)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -warmUps; round < rounds; round++) {
    const order = names.map((_, i) => names[(i + warmUps + round) % names.length])
    if (round % 2 === 0) order.reverse()
    for (const name of order.filter((one) => takesPart(contenders[one], round, rounds))) {
      await settle()
      const { ms } = await timed(() => contenders[name].run(() => undefined))
      if (round >= 0) times[name].push(ms)
    }
  }
  return times
}

function takesPart({ rounds: own = Infinity }, round, rounds) {
  if (own >= rounds) return true
  return round >= 0 && Math.floor(((round + 1) * own) / rounds) > Math.floor((round * own) / rounds)
}

/** What a contender gives, as parts in their order: those that work in any order tell each part's number. */
export async function partsOf({ run }) {
  const parts = []
  await run((part, i = parts.length) => (parts[i] = part))
  return parts
}

/** One part after the other, each made when it is asked for. */
export function* cut(bytes, size) {
  for (let done = 0; done < bytes.length; done += size) yield bytes.subarray(done, done + size)
}

/** A stream that gives bytes in pieces of this size, each when it is asked for; before them `first`, where there is one. */
export function streamOf(bytes, pieceSize, first) {
  let done = 0
  const start = (controller) => first && controller.enqueue(first)
  const pull = (controller) => {
    if (done < bytes.length) controller.enqueue(bytes.subarray(done, (done += pieceSize)))
    else controller.close()
  }
  return new ReadableStream({ start, pull }, { highWaterMark: 0 })
}

/** Reads a stream to its end. */
export async function drain(stream, take) {
  const reader = stream.getReader()
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) take(value)
}
