// The package as a user gets it: packed, installed elsewhere, imported, run and type-checked; publint and attw.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { outputOf, report, textOf } from './util.mjs'

/** Door -> some of the names a user expects behind it. */
const DOORS = {
  '.': ['encryptBundle', 'encryptBundleStream', 'verifyAndDecrypt', 'verifyAndDecryptStream', 'verifyEnvelope', 'generateKeyPair', 'EnvelopeError'],
  './build': ['encryptBundle', 'encryptBundleStream', 'generateKeyPair', 'EnvelopeError'],
  './device': ['verifyAndDecrypt', 'verifyAndDecryptStream', 'verifyEnvelope', 'openEnvelope', 'EnvelopeError'],
  './noble': ['nobleBackend'],
  './node': ['nodeBackend', 'encryptFile', 'decryptFile', 'verifyFile'],
  './resume': ['checkChunks', 'planRanges'],
  './manifest': ['openManifest', 'EnvelopeError'],
  './capgo': ['encryptForCapgo', 'encryptForCapgoStream', 'verifyAndDecryptCapgo', 'verifyAndDecryptCapgoStream', 'EnvelopeError'],
  './testing': ['backendTests', 'checkBackend'],
}
const VECTORS = readdirSync('test/vectors').filter((path) => path.endsWith('.json'))
const FILES = ['LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md', 'dist/cli.js', 'dist/THIRD-PARTY-LICENSES.txt']
const RESOLUTIONS = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
]

const { name, version, exports } = JSON.parse(textOf('package.json'))
const specifierOf = (door) => door.replace('.', name)
const bin = (path) => join(process.cwd(), 'node_modules', path)
const problems = []

/** Goes on after a failure, so that one run tells all that is wrong; what a good tool prints is not shown. */
function attempt(command, args, options) {
  try {
    return outputOf(command, args, options)
  } catch (error) {
    problems.push(error.message)
    return ''
  }
}

function pack(folder) {
  const [packed] = JSON.parse(outputOf('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]))
  const paths = packed.files.map((file) => file.path)
  for (const path of [...FILES, 'test/vectors/README.md', ...VECTORS.map((path) => `test/vectors/${path}`)]) if (!paths.includes(path)) problems.push(`${packed.filename}: lacks ${path}`)
  return join(folder, packed.filename)
}

/** Imports every door in a process of its own and says what is missing. */
function importDoors(cwd) {
  const program = `
    const doors = ${JSON.stringify(Object.entries(DOORS).map(([door, names]) => [specifierOf(door), names]))}
    const classes = new Set()
    for (const [specifier, names] of doors) {
      const door = await import(specifier).catch((error) => console.log(specifier + ': ' + error.message))
      if (!door) continue
      for (const name of names) if (!(name in door)) console.log(specifier + ': does not export ' + name)
      if (door.EnvelopeError) classes.add(door.EnvelopeError)
    }
    if (classes.size !== 1) console.log('EnvelopeError: must be one class in all doors, but there are ' + classes.size)`
  writeFileSync(join(cwd, 'import.mjs'), program)
  problems.push(...attempt(process.execPath, ['import.mjs'], { cwd }).split('\n').filter((line) => line !== ''))
}

/** Imports every file of vectors as JSON, as a test of a reader does. */
function importVectors(cwd) {
  const lines = VECTORS.map((path, i) => `import file${i} from '${name}/vectors/${path}' with { type: 'json' }
    if (typeof file${i} !== 'object') console.log('${path}: is no object')`)
  writeFileSync(join(cwd, 'vectors.mjs'), lines.join('\n'))
  problems.push(...attempt(process.execPath, ['--no-warnings', 'vectors.mjs'], { cwd }).split('\n').filter((line) => line !== ''))
}

/** Without DOM, without Node's types and with library checks: the typings must stand on ES2022 alone. */
function typecheck(cwd) {
  const lines = Object.entries(DOORS).map(([door, names], i) => {
    const own = names.map((export_, j) => `${export_} as n${i}_${j}`).join(', ')
    return `import { ${own} } from '${specifierOf(door)}'\nexport const door${i} = [${names.map((_, j) => `n${i}_${j}`).join(', ')}]`
  })
  writeFileSync(join(cwd, 'consumer.ts'), lines.join('\n'))
  const strict = { target: 'es2022', lib: ['ES2022'], types: [], strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true }
  for (const resolution of RESOLUTIONS) {
    writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...strict, ...resolution }, files: ['consumer.ts'] }))
    attempt(process.execPath, [bin('typescript/bin/tsc'), '-p', '.'], { cwd })
  }
}

const doors = Object.keys(exports).filter((door) => !door.endsWith('.json'))
if (String(doors) !== String(Object.keys(DOORS))) problems.push(`package.json: exports ${doors}, tools/pack.mjs knows ${Object.keys(DOORS)}`)

const folder = mkdtempSync(join(tmpdir(), `${name}-pack-`))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const tarball = pack(folder)
writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
outputOf('npm', ['install', tarball, '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })
importDoors(folder)
importVectors(folder)
const printed = attempt('npx', ['--no-install', name, '--version'], { cwd: folder }).trim()
if (printed !== version) problems.push(`npx ${name} --version: prints ${printed}, must be ${version}`)
typecheck(folder)
attempt(process.execPath, [bin('publint/src/cli.js'), 'run', tarball, '--strict'])
attempt(process.execPath, [bin('@arethetypeswrong/cli/dist/index.js'), tarball, '--profile', 'esm-only', '--no-color', '--format', 'ascii'])
report('pack', problems, `${doors.length} doors, ${VECTORS.length} files of vectors`)
