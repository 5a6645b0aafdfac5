/** Milliseconds of the processor, of this process: other work of the machine is not in it. */
async function cpuOf(work: () => unknown): Promise<number> {
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

/** The least of some runs: what disturbs can only add to it. */
export async function leastCpu(work: () => unknown, runs = 5): Promise<number> {
  let least = Infinity
  for (let i = 0; i < runs; i++) least = Math.min(least, await cpuOf(work))
  return least
}

/** As much again for what the clock can't tell from nothing. */
const CLOCK = 0.5
/** Four times the input takes 4 times as long where work is linear, and 16 times where it is quadratic. */
const STEP = 4
const MOST = 9

/**
 * By how much the time grows when the input is four times as large; the least of several tries, which end as soon as one shows that
 * it is less than {@link isQuadratic} asks for.
 */
export async function growth(size: number, workOf: (size: number) => () => unknown): Promise<number> {
  const [small, large] = [workOf(size), workOf(STEP * size)]
  let least = Infinity
  for (let i = 0; i < 5 && isQuadratic(least); i++) {
    least = Math.min(least, (await leastCpu(large)) / ((await leastCpu(small)) + CLOCK))
  }
  return least
}

export const isQuadratic = (factor: number): boolean => factor >= MOST
