// What stands in a page for ../backends.mjs: every way that a page has.
import { buildBackend as webBackend } from '../../dist/backend/build-web.js'
import { nobleBackend } from '../../dist/noble.js'

export const backends = { web: webBackend, noble: nobleBackend }
