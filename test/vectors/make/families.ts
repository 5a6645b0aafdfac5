import { makeFamily as body } from './body.js'
import { makeFamily as envelope } from './envelope.js'
import { makeFamily as head } from './head.js'
import { makeFamily as manifest } from './manifest.js'
import { restart } from './publisher.js'
import { makeFamily as slots } from './slots.js'
import { makeFamily as trust } from './trust.js'
import type { VectorFile } from '../vector.js'

/** Each is a file of its name. */
const families: ReadonlyMap<string, () => Promise<VectorFile>> = new Map([
  ['envelope', envelope],
  ['head', head],
  ['slots', slots],
  ['trust', trust],
  ['body', body],
  ['manifest', manifest],
])

export const familyNames: readonly string[] = [...families.keys()]

/** The text of a family's file: the same whenever it is made. One at a time, since all take from one seeded generator. */
export async function textOfFamily(name: string): Promise<string> {
  const make = families.get(name)
  if (make === undefined) throw new RangeError(`no family ${name}: there are ${familyNames.join(', ')}`)
  restart()
  return `${JSON.stringify(await make(), null, 1)}\n`
}
