/** What a command that otaseal runs needs not know. */
const SECRETS: ReadonlySet<string> = new Set(['OTASEAL_PRIVATE_KEY', 'OTASEAL_PASSPHRASE', 'OTASEAL_READER_SECRET'])

/** What a shell says of a command by its exit code. */
export const SHELL_CODES: ReadonlyMap<number, string> = new Map([
  [126, 'could not be run (exit code 126): make it executable'],
  [127, 'was not found (exit code 127): check its name and the PATH, or give its full path'],
])

/** The environment without the variables in which otaseal takes secrets. */
export function publicEnvironment(): NodeJS.ProcessEnv {
  // Windows tells upper and lower case in such names not apart.
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !SECRETS.has(name.toUpperCase())))
}

/** Ends at once all that a command with a group of processes of its own has started. */
export function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
