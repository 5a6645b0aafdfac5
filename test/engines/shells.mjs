// The device suite in engines without WebCrypto, with the backend that a user has there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BEGIN, MARK } from './outcome.mjs'
import { reportOfProgram } from './programs.mjs'
import { programFor, shellPrograms } from './shell-programs.mjs'

const programOf = (engine, version) => `
  import { nobleDeviceBackend } from 'otaseal/noble'
  import { reportOf } from './test/engines/contract.ts'
  import { deviceSuite } from './test/engines/device-suite.ts'
  const said = ({ name, run }) => ({ name, run: () => (print('${BEGIN}' + name), run()) })
  reportOf('${engine}', deviceSuite(nobleDeviceBackend).map(said)).then(
    (report) => print('${MARK}' + JSON.stringify({ ...report, version: '${version}' })),
    (error) => print(String(error)),
  )`

/** Each of them, if it is installed. */
export const shells = Object.entries(shellPrograms).map(([name, program]) => ({ name, find: program.find, run: async () => runShell(name, program) }))

async function runShell(name, program) {
  const folder = mkdtempSync(join(tmpdir(), 'otaseal-shell-'))
  try {
    const file = join(folder, 'suite.js')
    writeFileSync(file, await programFor(program, programOf(name, program.version())))
    return await reportOfProgram(name, [...program.command(), file])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
