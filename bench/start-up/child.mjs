// One cold start in a process of its own: `node child.mjs ROW`, with the head and the key on its standard input.
import { readFileSync } from 'node:fs'

const { head, key } = JSON.parse(readFileSync(0, 'utf8'))
const start = performance.now()
const { open } = await import(`./${process.argv[2]}.mjs`)
const { version } = await open(head, key)
const ms = performance.now() - start
console.log(JSON.stringify({ version, ms }))
