// Horizontal bars as a specification of Vega-Lite, in panels one below the other. Bars begin at 0, and each has its figure.

/** Colours that people with any colour vision tell apart (Okabe and Ito); each kind has its own. */
const COLOURS = { floor: '#8a8a8a', otaseal: '#0072b2', deployed: '#d55e00', other: '#e69f00' }
const LABELS = { floor: 'floor: bare primitives', otaseal: 'otaseal', deployed: 'Capgo', other: 'others' }
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif'

/** `panels`: a title and bars, each with `name`, `kind`, `value` and the `label` behind it. */
export function barsOf({ title, subtitle, axis, panels }) {
  const most = Math.max(...panels.flatMap(({ bars }) => bars.map(({ value }) => value)))
  const kinds = Object.keys(COLOURS).filter((kind) => panels.some(({ bars }) => bars.some((bar) => bar.kind === kind)))
  return {
    background: 'white',
    padding: 12,
    title: { text: title, subtitle, anchor: 'start', frame: 'group', offset: 14, fontSize: 16, subtitleFontSize: 11, subtitleColor: '#444', subtitlePadding: 5 },
    vconcat: panels.map((panel, i) => panelOf(panel, { most, axis, kinds, isLast: i === panels.length - 1 })),
    spacing: 18,
    resolve: { scale: { color: 'shared' } },
    config: { font: FONT, view: { stroke: null }, axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', labelLimit: 260 } },
  }
}

function panelOf({ title, bars }, { most, axis, kinds, isLast }) {
  const y = { field: 'name', type: 'nominal', sort: null, axis: { title: null, ticks: false, domain: false, labelPadding: 8, minExtent: 170, labelLimit: 460 } }
  // Room for the figure behind the longest bar.
  const x = { field: 'value', type: 'quantitative', scale: { domain: [0, most * 1.12] }, axis: { title: isLast ? axis : null, grid: true, gridColor: '#e4e4e4' } }
  const color = {
    field: 'kind', type: 'nominal', scale: { domain: kinds.map((kind) => LABELS[kind]), range: kinds.map((kind) => COLOURS[kind]) },
    legend: { title: null, orient: 'bottom', direction: 'horizontal', labelFontSize: 12, labelLimit: 260, symbolType: 'square' },
  }
  return {
    ...(title && { title: { text: title, anchor: 'start', fontSize: 13, offset: 6 } }),
    width: 520,
    height: { step: 22 },
    data: { values: bars.map((bar) => ({ ...bar, kind: LABELS[bar.kind] })) },
    encoding: { y, x },
    layer: [
      { mark: { type: 'bar', height: 15 }, encoding: { color } },
      { mark: { type: 'text', align: 'left', dx: 5, fontSize: 12, color: '#222' }, encoding: { text: { field: 'label' } } },
    ],
  }
}
