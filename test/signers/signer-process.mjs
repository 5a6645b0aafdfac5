// A signer in a process of its own: `node signer-process.mjs KEY.pem [FAULT]` signs its stdin, and prints the signature.
import { constants, createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'

const [file, fault = 'none'] = process.argv.slice(2)
const key = createPrivateKey(readFileSync(file, 'utf8'))
const isRsa = key.asymmetricKeyType === 'rsa'

const pss = (message, privateKey = key, saltLength = 32) =>
  sign('sha256', message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
const good = (message, privateKey = key) => (isRsa ? pss(message, privateKey) : sign(null, message, privateKey))
const other = () => (isRsa ? generateKeyPairSync('rsa', { modulusLength: 4096 }) : generateKeyPairSync('ed25519')).privateKey

/** What is printed, by the name of the fault. */
const outputs = {
  none: good,
  base64: (message) => good(message).toString('base64'),
  base64url: (message) => `${good(message).toString('base64url')}\n`,
  lines: (message) => `${good(message).toString('base64').replace(/.{64}/g, '$&\r\n')}\n\n`,
  hex: (message) => good(message).toString('hex'),
  json: (message) => JSON.stringify({ Signature: good(message).toString('base64') }),
  short: (message) => good(message).subarray(1),
  'raw-and-newline': (message) => Buffer.concat([good(message), Buffer.from('\n')]),
  'short-base64': (message) => good(message).subarray(3).toString('base64'),
  'other-key': (message) => good(message, other()),
  'other-bytes': () => good(Buffer.from('other bytes')),
  digest: (message) => good(createHash('sha256').update(message).digest()),
  pkcs1: (message) => sign('sha256', message, key),
  'salt-20': (message) => pss(message, key, 20),
  'fixed-salt': (message) => known(message),
  nothing: () => '',
  much: () => Buffer.alloc(100_000, 'A'),
  environment: (message) => {
    writeFileSync('environment.json', JSON.stringify(process.env))
    return good(message)
  },
  count: (message) => {
    appendFileSync('count', 'x')
    return good(message)
  },
}

/** As a salt that is always the same would have it: one signature for one message. */
function known(message) {
  const path = `known-${createHash('sha256').update(message).digest('hex')}`
  try {
    return readFileSync(path)
  } catch {
    const signature = good(message)
    writeFileSync(path, signature)
    return signature
  }
}

const faults = {
  exit: () => {
    process.stderr.write('the token said no\n')
    process.exit(3)
  },
  kill: () => process.kill(process.pid, 'SIGKILL'),
  hang: () => {
    writeFileSync('hanging', String(process.pid))
    setInterval(() => undefined, 1000)
  },
}

const message = readFileSync(0)
if (fault in faults) faults[fault]()
else process.stdout.write(outputs[fault](message))
