// Curves over the epochs, drawn by uPlot, which is loaded with the first chart.
const library = import('../lib/uplot/dist/uPlot.esm.js').then(module => module.default);
loadStyle(new URL('../lib/uplot/dist/uPlot.min.css', import.meta.url));

const height = 220;
const dark = matchMedia('(prefers-color-scheme: dark)');

/**
 * A chart in an element. Its colours are those of the page, and follow it from light to dark.
 * @param place The element; it gets the role of a picture that says in words what the curves come to.
 * @param title What is drawn.
 * @param series [{ label, color }], color a custom property of the page such as --curve-1.
 * @param options { log: whether the axis is logarithmic, points: whether each value is marked, range: [from, to] of a fixed axis }
 * @returns { set(data), destroy() }, data being [xs, ys, ...] with null where there is no value.
 */
export async function chart(place, title, series, options = {}) {
  const Plot = await library;
  let data = [[], ...series.map(() => [])];
  let plot = null;
  const build = () => {
    plot?.destroy();
    plot = new Plot(settings(Plot, place, series, options), data, place);
    describe();
  };
  const describe = () => {
    const last = series.map(({ label }, index) => `${label} ${lastOf(data[index + 1])}`).join(', ');
    plot.root.setAttribute('role', 'img');
    plot.root.setAttribute('aria-label', data[0].length === 0 ? `${title}: no values yet` : `${title}. Last values: ${last}.`);
  };
  const resized = new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height }));
  build();
  resized.observe(place);
  dark.addEventListener('change', build);
  return {
    set(values) {
      data = values;
      plot.setData(data);
      describe();
    },
    destroy() {
      resized.disconnect();
      dark.removeEventListener('change', build);
      plot.destroy();
    },
  };
}

function settings(Plot, place, series, { log = false, points = false, range = null }) {
  const color = colorsOf(place);
  const axis = { stroke: color('--quiet'), grid: { stroke: color('--line'), width: 1 }, ticks: { stroke: color('--line'), width: 1 }, font: '12px system-ui' };
  return {
    width: place.clientWidth || 600,
    height,
    scales: { x: { time: false }, y: log ? { distr: 3 } : range ? { range } : {} },
    axes: [{ ...axis, label: 'epoch', labelFont: '12px system-ui', labelSize: 20 }, { ...axis, size: 56 }],
    series: [
      { label: 'epoch', value: (_, value) => value?.toFixed(2) ?? '' },
      ...series.map((each, index) => ({
        label: each.label,
        stroke: color(each.color),
        width: 1.75,
        dash: index % 2 === 1 ? [6, 4] : undefined, // told apart without colours too
        spanGaps: true,
        points: { show: points, size: 5 },
        value: (_, value) => value?.toPrecision(3) ?? '',
      })),
    ],
  };
}

// A canvas takes no var() and no light-dark(): an element that has the colour says what it comes to.
function colorsOf(place) {
  return name => {
    const probe = document.createElement('i');
    probe.style.color = `var(${name})`;
    place.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

function lastOf(values) {
  const last = values.findLast(value => value !== null && value !== undefined);
  return last === undefined ? 'none' : last.toPrecision(3);
}

function loadStyle(href) {
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = href;
  document.head.append(link);
}
