import type { TrustStore } from 'otaseal/device'

/** What `build.js` puts in: part of the app, and never asked of a server. */
export interface Config {
  /** Address of the update server. */
  readonly server: string
  readonly app: string
  readonly runtime: string
  /** Media type of a bundle. */
  readonly type: string
  /** The embedded trust store. */
  readonly trust: TrustStore
  /** Private key, in PEM, of the group of devices that reads. */
  readonly reader: string
  /** The bundle that the app brings along. */
  readonly builtIn: { readonly version: string; readonly sequence: number; readonly html: string }
  /** Seconds after which a silent server is given up. */
  readonly patience: number
}

declare global {
  const CONFIG: Config
}
