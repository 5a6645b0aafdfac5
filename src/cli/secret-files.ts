import { basename } from 'node:path'
import { FileError } from './errors.js'

const secretName = /^\.otaseal_(key|secret)(?!.*\.pub$)/i
const privatePem = /^\s*-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/

/** Refuses a file that is named as `otaseal keygen` names private ones. */
export function refuseSecretName(path: string): void {
  if (secretName.test(basename(path))) throw asSecret(path, 'is named like')
}

/** Refuses a file that is a private key in PEM. */
export function refuseSecretContent(path: string, content: Uint8Array): void {
  if (privatePem.test(Buffer.from(content.subarray(0, 256)).toString('latin1'))) throw asSecret(path, 'is')
}

function asSecret(path: string, verb: string): FileError {
  return new FileError(`${path} ${verb} a private key, which is never packed or replaced: move it, or use another name`)
}
