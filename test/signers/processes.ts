import { execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Signer } from '../../src/node.js'
import type { TestSigner } from '../envelope/signers.js'

export const program: string = fileURLToPath(new URL('signer-process.mjs', import.meta.url))

/** Writes the files `NAME.pem` and `NAME.pub` of a key pair. */
export function writePair(folder: string, name: string, key: TestSigner): void {
  writeFileSync(join(folder, `${name}.pem`), key.privateKey, { mode: 0o600 })
  writeFileSync(join(folder, `${name}.pub`), key.publicKey)
}

/** The command that signs in a process of its own, well or with a fault. */
export function signCommand(file: string, fault = 'none'): string {
  return [process.execPath, program, file, fault].map((word) => `"${word}"`).join(' ')
}

/**
 * The command that never ends. Where it has no terminal, its shell stays there as a process of its own, since all that a
 * command started is to be ended; where it has one, such as that of who runs the tests, only the command itself is.
 */
export function hangCommand(file: string): string {
  return hasTerminal() ? `exec ${signCommand(file, 'hang')}` : `${signCommand(file, 'hang')}; true`
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/** A signer as a program would write it that talks to an agent of its own. */
export function processSigner(key: TestSigner, file: string, fault = 'none', cwd = '.'): Signer {
  return {
    algorithm: key.alg,
    publicKey: key.publicKey,
    sign: async (message, { signal }) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [program, file, fault], { cwd, stdio: ['pipe', 'pipe', 'ignore'] })
        const parts: Buffer[] = []
        signal.addEventListener?.('abort', () => child.kill('SIGKILL'))
        child.stdout.on('data', (part: Buffer) => void parts.push(part))
        child.on('close', (code) => {
          if (code === 0) resolve(Buffer.concat(parts))
          else reject(new Error(`the agent ended with ${code ?? 'a signal'}`))
        })
        child.stdin.on('error', () => undefined)
        child.stdin.end(message)
      }),
  }
}

/** Whether a process is there; one that has ended and was not yet asked for its end is not. */
export function isRunning(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim().startsWith('Z')
  } catch {
    return false
  }
}

/** The `openssl` of this machine, where it can sign as PS256 asks for. */
export function hasOpenssl(): boolean {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).startsWith('OpenSSL 3')
  } catch {
    return false
  }
}
