/** What runners bundle, each with another of these. */
export { fullReport } from './full-suite.js'
