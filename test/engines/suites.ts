/** What runners bundle, each with another of these. */
export { fullReport } from './full-suite.js'
export { insecureReport } from './insecure-suite.js'
export { workerReport } from './worker-suite.js'
