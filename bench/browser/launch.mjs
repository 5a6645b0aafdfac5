// Browsers as they are installed, without a driver: each is started with a URL and a home of its own, and ended.
import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const CHROMIUM_FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // So that the page can call gc().
  '--js-flags=--expose-gc',
]

/** The command line of each, for a URL and its home; the first program of each list that is installed. */
const browsers = {
  chromium: {
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    args: (program, url, home) => [...program, ...CHROMIUM_FLAGS, `--user-data-dir=${home}`, url],
  },
  firefox: {
    programs: ['firefox-esr', 'firefox'],
    args: (program, url, home) => [...program, '--headless', '--no-remote', '--profile', home, url],
  },
  webkit: {
    programs: ['/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser', 'MiniBrowser'],
    needs: 'xvfb-run',
    args: (program, url) => ['xvfb-run', '-a', ...program, url],
  },
}

export const browserNames = Object.keys(browsers)

/** As it calls itself: 'Chromium 156', 'Firefox 153', 'WebKitGTK 2.50'. */
export function titleOf(name) {
  const { programs, needs } = browsers[name]
  const program = programs.map(pathOf).find((path) => path !== undefined)
  const [command, ...args] = [...(needs === undefined ? [] : [needs, '-a']), program, '--version']
  const { stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 30_000 })
  return /WebKitGTK \d+\.\d+|(?:Chromium|Firefox) \d+/.exec(stdout)?.[0] ?? name
}

/** Whether a browser is there, with what it needs. */
export function isInstalled(name) {
  const { needs } = browsers[name]
  return programOf(name) !== undefined && (needs === undefined || pathOf(needs) !== undefined)
}

/**
 * Starts a browser, with more flags where some are given; `undefined` where it is not installed. `exited` settles if it ends by
 * itself; `close` ends all its processes and removes its home.
 */
export function launch(name, url, flags = []) {
  if (!isInstalled(name)) return undefined
  const home = mkdtempSync(join(tmpdir(), 'otaseal-browser-'))
  const [command, ...rest] = browsers[name].args([programOf(name), ...flags], url, home)
  // A group of its own, so that it can be ended with all that it starts.
  const child = spawn(command, rest, { detached: true, stdio: 'ignore', env: { ...process.env, HOME: home } })
  const exited = new Promise((resolve) => child.once('close', resolve).once('error', resolve))
  const end = () => {
    killGroup(child.pid)
    rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
  process.once('exit', end)
  return {
    exited,
    close: () => {
      process.off('exit', end)
      end()
    },
  }
}

function programOf(name) {
  return browsers[name].programs.map(pathOf).find((path) => path !== undefined)
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}

/** Where a program is, of those on the PATH or by its full path. */
function pathOf(program) {
  const paths = program.includes('/') ? [program] : process.env.PATH.split(delimiter).map((folder) => join(folder, program))
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
