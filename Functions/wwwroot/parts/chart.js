// Line charts over epochs, rendered by uPlot, which is loaded with the first chart.
/** The chart library. */
export const library = import('../lib/uplot/dist/uPlot.esm.js').then(module => module.default);
loadStyle(new URL('../lib/uplot/dist/uPlot.min.css', import.meta.url));

const height = 220;
const darkScheme = matchMedia('(prefers-color-scheme: dark)');

/**
 * Creates a chart in the colours of the page, light or dark.
 * @param container The element to render into. The chart has the role img and a label with its latest values.
 * @param title The title, read by screen readers.
 * @param series [{ label, color }], where color is a custom property of the page such as --curve-1.
 * @param options { log: logarithmic y axis, points: mark each value, range: [min, max] of a fixed y axis }
 * @returns { set(data), destroy() }, where data is [xs, ys, ...] with null for missing values.
 */
export async function chart(container, title, series, options = {}) {
  const Plot = await library;
  let data = [[], ...series.map(() => [])];
  let plot = null;
  const build = () => {
    plot?.destroy();
    plot = new Plot(settings(Plot, container, series, options), data, container);
    describe();
  };
  const describe = () => {
    const last = series.map(({ label }, index) => `${label} ${formatLast(data[index + 1])}`).join(', ');
    plot.root.setAttribute('role', 'img');
    plot.root.setAttribute('aria-label', data[0].length === 0 ? `${title}: no values yet` : `${title}. Last values: ${last}.`);
  };
  const resizeObserver = new ResizeObserver(() => plot?.setSize({ width: container.clientWidth, height }));
  build();
  resizeObserver.observe(container);
  darkScheme.addEventListener('change', build);
  return {
    set(values) {
      data = values;
      plot.setData(data);
      describe();
    },
    destroy() {
      resizeObserver.disconnect();
      darkScheme.removeEventListener('change', build);
      plot.destroy();
    },
  };
}

function settings(Plot, container, series, { log = false, points = false, range = null }) {
  const color = colorResolver(container);
  const axis = { stroke: color('--muted'), grid: { stroke: color('--border'), width: 1 }, ticks: { stroke: color('--border'), width: 1 }, font: '12px system-ui' };
  return {
    width: container.clientWidth || 600,
    height,
    scales: { x: { time: false }, y: log ? { distr: 3 } : range ? { range } : {} },
    axes: [{ ...axis, label: 'epoch', labelFont: '12px system-ui', labelSize: 20 }, { ...axis, size: 56 }],
    series: [
      { label: 'epoch', value: (_, value) => value?.toFixed(2) ?? '' },
      ...series.map((curve, index) => ({
        label: curve.label,
        stroke: color(curve.color),
        width: 1.75,
        dash: index % 2 === 1 ? [6, 4] : undefined, // distinguishable without colour
        spanGaps: true,
        points: { show: points, size: 5 },
        value: (_, value) => value?.toPrecision(3) ?? '',
      })),
    ],
  };
}

/** Resolves custom properties to colours: a canvas does not resolve var() and light-dark(), so an element with the colour does. */
export function colorResolver(container) {
  return name => {
    const probe = document.createElement('i');
    probe.style.color = `var(${name})`;
    container.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

function formatLast(values) {
  const last = values.findLast(value => value !== null && value !== undefined);
  return last === undefined ? 'none' : last.toPrecision(3);
}

function loadStyle(href) {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = href;
  document.head.append(link);
}
