// Everything that is timed on Node, by its modules, in the order of tables: the first contender of a flow is its floor.
const MODULES = ['floors', 'otaseal', 'capgo', 'age', 'openpgp', 'jose', 'libsodium', 'aws', 'tweetnacl', 'forge']

/**
 * Contenders. `kind` is floor, otaseal, deployed, peer, or other, which nothing is required against; `flow` is one-shot or stream. `keys` makes keys that can be written down, and
 * `setup` gives two functions for them, which may be asynchronous. `seal(bundle, take)` gives all that is large to `take`, in order, and
 * returns the rest; `open({ body, meta }, take)` gets what was taken, joined, and what was returned, and gives the plaintext to `take`.
 * It must throw where the body was changed. `most`: above so many MiB of a kind of data it is left out. `isWhole`: no stream, but
 * what people have where others have streams.
 */
export async function loadAll() {
  const loaded = await Promise.all(MODULES.map(async (module) => (await contendersOf(module)).map((one) => ({ ...one, module }))))
  return loaded.flat()
}

/** Those of one module alone, so that nothing of the others takes memory. */
export async function contendersOf(module) {
  return (await import(`./${module}.mjs`)).contenders
}
