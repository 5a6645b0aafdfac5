// Who may import whom in src, and that only src/bytes.ts touches `.buffer`.
import { posix } from 'node:path'
import ts from 'typescript'
import { filesBelow, report, textOf } from './util.mjs'

const DOORS = ['index', 'build', 'device', 'noble', 'node', 'resume', 'manifest', 'capgo', 'testing']
const BELOW_DOORS = ['base', 'format', 'crypto', 'keys', 'stream', 'trust']

/** Room -> what it may import besides itself; `base` is every file directly in src that is no door. */
const ROOMS = {
  base: [],
  format: ['base'],
  crypto: ['base'],
  keys: ['base', 'crypto'],
  trust: ['base', 'format', 'crypto', 'keys'],
  stream: ['errors.ts', 'bytes.ts'],
  backend: ['errors.ts', 'bytes.ts', 'compression.ts', 'crypto'],
  build: [...BELOW_DOORS, '#build-backend', '#device-backend'],
  device: [...BELOW_DOORS, '#device-backend'],
  resume: [...BELOW_DOORS, 'device'],
  manifest: [...BELOW_DOORS, 'device', '#manifest-backend', '#compression'],
  publish: [...BELOW_DOORS, 'build', 'device', 'manifest', '#compression'],
  readers: [...BELOW_DOORS, 'device', '#build-backend'],
  capgo: ['base', 'crypto', 'keys', 'stream', '#capgo-backend'],
  testing: ['base', 'crypto', 'keys'],
  node: ['capgo', ...BELOW_DOORS, 'backend', 'build', 'device', 'manifest', 'publish', '#build-backend', '#device-backend'],
  doors: ['capgo', ...BELOW_DOORS, 'backend', 'build', 'device', 'node', 'resume', 'manifest', 'publish', 'readers', 'testing', '#build-backend', '#device-backend'],
  cli: ['doors', 'format/geometry.ts', 'format/object-list.ts', 'node/file-source.ts', 'node/folder-walk.ts', 'node/shell-command.ts', 'node/temporary-file.ts', 'node/system-error.ts'],
}

/** What only some files may import: pattern of it (a path below src, or a package), pattern of the files, in words. */
const RESERVED = [
  [/^node:/, /^(cli\/|node\.ts|node\/|crypto\/node[^/]*$|backend\/[^/]*-node\.ts)/, 'cli/, node.ts, node/, crypto/node*.ts and backend/*-node.ts'],
  [/^(@noble\/|micro-rsa-dsa-dh)/, /^crypto\/noble[^/]*$/, 'crypto/noble*.ts'],
  [/^(commander|cli-progress|picocolors|fflate|read)$/, /^cli\//, 'cli/'],
  [/^crypto\/node[^/]*$/, /^(crypto\/node|backend\/[^/]*-node\.ts|node\.ts|node\/)/, 'crypto/node*.ts, backend/*-node.ts, node.ts and node/'],
  // WebCrypto has no running hash, which a publisher's streams need, and files of a release.
  [/^crypto\/noble-hash\.js$/, /^crypto\/(noble[^/]*|web-(build|hashing)\.ts)$/, 'crypto/noble*.ts, crypto/web-build.ts and crypto/web-hashing.ts'],
  // Nor has it RSA without padding.
  [/^crypto\/noble-rsa\.js$/, /^crypto\/(noble[^/]*|web-capgo\.ts)$/, 'crypto/noble*.ts and crypto/web-capgo.ts'],
  [/^crypto\/noble(?!-hash\.js|-rsa\.js)[^/]*$/, /^(crypto\/noble|noble\.ts)/, 'crypto/noble*.ts and noble.ts'],
]

function roomOf(path) {
  if (path.includes('/')) return path.split('/')[0]
  return DOORS.includes(path.replace(/\.[jt]s$/, '')) ? 'doors' : 'base'
}

/** Why `path` may not import `specifier`, or `undefined`; paths are below src. */
function objection(path, specifier) {
  const isRelative = specifier.startsWith('.')
  const target = isRelative ? posix.join(posix.dirname(path), specifier) : specifier
  const reserved = RESERVED.find(([imports]) => imports.test(target))
  if (reserved && !reserved[1].test(path)) return `only ${reserved[2]} may`
  if (!isRelative && reserved) return undefined
  if (target.startsWith('..')) return 'it lies outside src'
  const room = roomOf(path)
  const allowed = [room, ...ROOMS[room]]
  const names = isRelative ? [roomOf(target), target.replace(/js$/, 'ts')] : [target]
  return names.some((name) => allowed.includes(name)) ? undefined : `${room} may import only ${allowed.join(', ')}`
}

const problems = []

function check(path, source, node) {
  const where = () => `src/${path}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`
  const isImport = ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
  const isCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
  const specifier = isImport ? node.moduleSpecifier : isCall ? node.arguments[0] : node.argument?.literal
  if (specifier && ts.isStringLiteralLike(specifier)) {
    const why = objection(path, specifier.text)
    if (why) problems.push(`${where()} imports ${specifier.text}: ${why}`)
  }
  const name = ts.isPropertyAccessExpression(node) ? node.name : ts.isBindingElement(node) ? (node.propertyName ?? node.name) : undefined
  if (name?.text === 'buffer' && path !== 'bytes.ts') problems.push(`${where()} touches .buffer: only src/bytes.ts may`)
  ts.forEachChild(node, (child) => check(path, source, child))
}

const paths = filesBelow('src', '.ts').map((path) => path.slice('src/'.length))
if (paths.length === 0) problems.push('src: found no sources')
for (const path of paths) {
  if (!(roomOf(path) in ROOMS)) problems.push(`src/${path}: there is no room ${roomOf(path)} in tools/layers.mjs`)
  else {
    const source = ts.createSourceFile(path, textOf(`src/${path}`), ts.ScriptTarget.ESNext)
    check(path, source, source)
  }
}
report('layers', problems, `${paths.length} files`)
