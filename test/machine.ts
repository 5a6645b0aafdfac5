/**
 * State machines: commands in any order, against a model. What fails is shrunk and printed with `seed`, `path` and `replayPath`.
 *
 * `OTASEAL_RUNS=5000 npx vitest run test/trust/machine.test.ts` for a long run, `OTASEAL_SEED` for other commands; to see a failure
 * again set `OTASEAL_SEED`, `OTASEAL_PATH` and `OTASEAL_REPLAY` to what was printed.
 */
import * as fc from 'fast-check'

const { OTASEAL_RUNS, OTASEAL_SEED, OTASEAL_PATH, OTASEAL_REPLAY } = process.env

/** How many runs there are: `quick` where nobody asks for more. */
export const runsOf = (quick: number): number => Number(OTASEAL_RUNS ?? quick)

/** Long enough for the runs that were asked for. */
export const timeout: number = OTASEAL_RUNS === undefined ? 60_000 : 36_000_000

export function settings(quick: number): fc.Parameters<unknown> {
  return { numRuns: runsOf(quick), seed: Number(OTASEAL_SEED ?? 20_263), ...(OTASEAL_PATH !== undefined && { path: OTASEAL_PATH }) }
}

/** Up to `most` commands, each chosen from one of these. */
export function commandsOf<M extends object, R>(all: fc.Arbitrary<fc.AsyncCommand<M, R>>[], most: number): fc.Arbitrary<Iterable<fc.AsyncCommand<M, R>>> {
  return fc.commands(all, { maxCommands: most, size: 'max', ...(OTASEAL_REPLAY !== undefined && { replayPath: OTASEAL_REPLAY }) })
}

/** A command whose values are shown with its name, where it is told of. */
export function command<M extends object, R>(
  name: string, values: unknown, run: (model: M, real: R) => Promise<void>, check: (model: Readonly<M>) => boolean = () => true,
): fc.AsyncCommand<M, R> {
  return { check, run, toString: () => `${name}(${fc.stringify(values)})` }
}

/** How often each thing has come about: a machine that never gets somewhere proves nothing of it. */
export function tally(): { readonly seen: ReadonlyMap<string, number>; readonly count: (what: string) => void } {
  const seen = new Map<string, number>()
  return { seen, count: (what) => void seen.set(what, (seen.get(what) ?? 0) + 1) }
}
