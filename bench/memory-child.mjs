// A process of its own for memory.mjs: seals for a contender, or opens what was sealed, and prints what memory that took.
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { randomFillSync } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { contendersOf, loadAll } from './peers/index.mjs'
import { MIB } from './util.mjs'

const [job, folder, argument] = process.argv.slice(2)
const paths = { body: `${folder}/body`, rest: `${folder}/rest` }
const jobs = { list, make, load, open }
console.log(JSON.stringify(await jobs[job](argument && JSON.parse(argument))))

async function list() {
  return (await loadAll()).map(({ name, package: of, flow, kind, module, isWhole }) => ({ name, package: of, flow, kind, module, isWhole }))
}

/** Writes down what a device gets, and the keys that it has. */
async function make({ module, flow, name, mib }) {
  const contender = await find({ module, flow, name })
  const keys = await contender.keys()
  const { seal } = await contender.setup(keys)
  const file = openSync(paths.body, 'w')
  const meta = await seal(randomFillSync(new Uint8Array(mib * MIB)), (part) => writeWhole(file, part))
  closeSync(file)
  writeFileSync(paths.rest, serialize({ keys, meta }))
}

/** What everyone's one-shot call begins with. */
function load() {
  const before = process.memoryUsage.rss()
  return figures({ before, input: readWhole(paths.body).length, output: 0 })
}

/** A stream's body stays in its file, and is read as it is asked for. What comes out is dropped, as by a consumer that has written it. */
async function open({ module, flow, name }) {
  const { keys, meta } = deserialize(readFileSync(paths.rest))
  const { open: work } = await (await find({ module, flow, name })).setup(keys)
  const before = process.memoryUsage.rss()
  const body = flow === 'stream' ? fileBody(paths.body) : readWhole(paths.body)
  let output = 0
  await work({ body, meta }, (part) => (output += part.length))
  return figures({ before, input: body.length, output })
}

async function find({ module, flow, name }) {
  return (await contendersOf(module)).find((one) => one.flow === flow && one.name === name)
}

/** As much of an array as those need who cut it into parts. */
function fileBody(path) {
  const file = openSync(path)
  const { size: length } = fstatSync(file)
  return { length, subarray: (from, to) => readPart(file, from, Math.min(to, length)) }
}

/** Into one buffer of the right size, so that reading costs the memory of the file once. */
function readWhole(path) {
  const file = openSync(path)
  const bytes = readPart(file, 0, fstatSync(file).size)
  closeSync(file)
  return bytes
}

function readPart(file, from, to) {
  const bytes = new Uint8Array(to - from)
  for (let done = 0; done < bytes.length; ) {
    const read = readSync(file, bytes, done, bytes.length - done, from + done)
    if (read === 0) throw new Error('the file ends early')
    done += read
  }
  return bytes
}

function writeWhole(file, part) {
  for (let done = 0; done < part.length; ) done += writeSync(file, part, done)
}

function figures(counted) {
  return { ...counted, peak: process.resourceUsage().maxRSS * 1024 }
}
