// node bench/shells.mjs: how fast a device is in engines without WebCrypto, by the pure JavaScript that it has there.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { encryptBundle, generateKeyPair } from '../dist/index.js'
import { programFor, shellPrograms } from '../test/engines/shell-programs.mjs'
import { DATA_TITLES, kindsOfData } from './data.mjs'
import { printGroup } from './report.mjs'
import { groupOf, provenance, writeResults } from './results.mjs'
import { check, runMain } from './util.mjs'

const FLOOR = 'floor: noble GCM + 2 SHA-256'
const ROW = 'otaseal, noble'
const ROWS = [{ name: FLOOR, package: '@noble/ciphers' }, { name: ROW, package: 'otaseal' }]
/** Milliseconds that one call may take, so that there are enough rounds of it. */
const MOST = 10_000
const TIMEOUT = 300_000
const USAGE = 'usage: --shells jsc,hermes --sizes 1,5 --data random,js --rounds 11 --json FILE'

await runMain(main)

async function main() {
  const options = readOptions()
  const folder = mkdtempSync(join(tmpdir(), 'otaseal-shells-'))
  const groups = []
  try {
    for (const name of options.shells) {
      if (shellPrograms[name].find() === undefined) console.log(`${name} is not installed: left out`)
      else groups.push(...(await groupsOf(name, folder, options)))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  if (options.json) writeResults(options.json, { ...provenance(options.shells.join(), options.command), groups })
}

function readOptions() {
  const text = (value) => ({ type: 'string', default: value })
  const { values } = parseArgs({
    options: {
      shells: text(Object.keys(shellPrograms).join()), sizes: text('1,5'), data: text(Object.keys(kindsOfData).join()),
      rounds: text('11'), json: { type: 'string' },
    },
  })
  const [shells, sizes, data] = [values.shells.split(','), values.sizes.split(',').map(Number), values.data.split(',')]
  const isGood = shells.every((name) => shellPrograms[name]) && data.every((name) => kindsOfData[name]) && sizes.every((mib) => mib > 0)
  check(isGood && values.rounds > 0, USAGE)
  return { shells, sizes, data, rounds: Number(values.rounds), json: values.json, command: ['node bench/shells.mjs', ...process.argv.slice(2)].join(' ') }
}

async function groupsOf(name, folder, { sizes, data: kinds, rounds: most }) {
  const program = shellPrograms[name]
  const engine = program.version()
  const groups = []
  for (const data of kinds) {
    let msPerMiB
    for (const mib of sizes) {
      const group = { engine, side: 'device', flow: 'one-shot', data, mib, floor: FLOOR }
      if (msPerMiB * mib > MOST) {
        const skipped = `takes about ${Math.round((msPerMiB * mib) / 1000)} s`
        console.log(`\n${engine}: ${mib} MiB of ${DATA_TITLES[data]} ${skipped}: left out`)
        groups.push({ ...group, rounds: 0, rows: ROWS.map((row) => ({ ...row, skipped })) })
        continue
      }
      const { times, firstMs } = await timesIn(program, kindsOfData[data](mib), folder, most)
      msPerMiB = firstMs / mib
      groups.push(groupOf({ ...group, rounds: times.floor.length }, ROWS, { [FLOOR]: times.floor, [ROW]: times.otaseal }))
      printGroup(groups.at(-1), `${engine}: device, one-shot, ${mib} MiB of ${DATA_TITLES[data]}`)
    }
  }
  return groups
}

/** A process of its own, with an envelope signed by Ed25519. */
async function timesIn(program, bundle, folder, rounds) {
  const { publicKey, privateKey } = await generateKeyPair('Ed25519')
  const envelope = await encryptBundle(bundle, { signer: privateKey, app: 'com.example.app', version: '1.0.0' })
  const file = join(folder, 'timing.js')
  writeFileSync(file, `var sealed = ${JSON.stringify(Buffer.from(envelope.toBytes()).toString('latin1'))};\n${await compiled(program, publicKey, bundle, rounds)}`)
  const [command, ...args] = program.command()
  const { status, stdout, stderr } = spawnSync(command, [...args, file], { encoding: 'utf8', timeout: TIMEOUT, maxBuffer: 2 ** 26 })
  check(status === 0, `it ended with ${status}: ${(stderr + stdout).slice(0, 2000)}`)
  const { failed, ...result } = JSON.parse(stdout.trim().split('\n').at(-1))
  check(failed === undefined, `it failed: ${failed}`)
  return result
}

/** The program around the envelope, which is too long for a compiler. As many rounds as fit in half a minute, and at least three; what is quick is warmed up. */
async function compiled(program, trust, bundle, most) {
  const hash = createHash('sha256').update(bundle).digest('hex')
  return programFor(program, `
    import { timesOf } from './bench/shell-timing.mjs'
    const rounds = (ms) => ({ count: Math.max(3, Math.min(${most}, Math.floor(15000 / ms))), warmUps: ms < 1000 ? 3 : 0 })
    timesOf({ sealed, trust: ${JSON.stringify(trust)}, hash: '${hash}', rounds }).then(
      (result) => print(JSON.stringify(result)),
      (error) => print(JSON.stringify({ failed: String(error) })),
    )`)
}
