// The metric of a sweep's trials against one of the options that it varies. Each rung of successive halving has a colour.
import { colorResolver, library } from './chart.js';

const height = 260;
const colorCount = 6;
const minRatioOfLog = 50; // of the largest value to the smallest
const darkScheme = matchMedia('(prefers-color-scheme: dark)');

export class Scatter {
  #container;
  #plot = null;
  #drawn = '';
  #latest = null;
  #build = () => this.#draw();
  #resizeObserver = new ResizeObserver(() => this.#plot?.setSize({ width: this.#container.clientWidth, height }));

  constructor(container) {
    this.#container = container;
    this.#resizeObserver.observe(container);
    darkScheme.addEventListener('change', this.#build);
  }

  /** Shows the trials of a sweep by the values of an option. */
  set(sweep, option) {
    this.#latest = { sweep, option };
    const drawn = JSON.stringify([option, sweep.trials.map(trial => trial.metric)]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#draw();
  }

  destroy() {
    this.#resizeObserver.disconnect();
    darkScheme.removeEventListener('change', this.#build);
    this.#plot?.destroy();
    this.#latest = null;
  }

  async #draw() {
    const Plot = await library;
    if (!this.#latest) return;
    const { sweep, option } = this.#latest;
    const { definition: { metric }, rungs } = sweep;
    const measured = sweep.trials.filter(trial => trial.metric !== null);
    const axis = axisOf(sweep.trials.map(trial => trial.options[option]));
    const points = measured.map(trial => ({ x: axis.position(trial.options[option]), y: trial.metric, rung: trial.results.length - 1 })).sort((a, b) => a.x - b.x);
    const series = rungs.length > 0 ? rungs.map(epochs => `${metric} after ${epochs} epochs`) : [metric];
    const data = [points.map(point => point.x), ...series.map((_, rung) => points.map(point => (point.rung === rung ? point.y : null)))];
    this.#plot?.destroy();
    this.#plot = new Plot(settings(Plot, this.#container, option, series, axis), data, this.#container);
    this.#plot.root.setAttribute('role', 'img');
    this.#plot.root.setAttribute('aria-label', `${metric} by ${option}: ${measured.length} of ${sweep.trials.length} trials measured.`);
  }
}

// Numbers have their place on the axis, others the place of their value in the list of all values.
function axisOf(values) {
  if (values.every(value => typeof value === 'number')) {
    const [min, max] = [Math.min(...values), Math.max(...values)];
    return { position: value => value, isLog: min > 0 && max / min >= minRatioOfLog, labels: null };
  }
  const labels = [...new Set(values.map(value => JSON.stringify(value)))];
  return { position: value => labels.indexOf(JSON.stringify(value)), isLog: false, labels };
}

function settings(Plot, container, option, names, { isLog, labels }) {
  const color = colorResolver(container);
  const axis = { stroke: color('--muted'), grid: { stroke: color('--border'), width: 1 }, ticks: { stroke: color('--border'), width: 1 }, font: '12px system-ui' };
  const named = labels ? { splits: () => labels.map((_, index) => index), values: () => labels } : {};
  return {
    width: container.clientWidth || 600,
    height,
    scales: { x: { time: false, distr: isLog ? 3 : 1, ...(labels ? { range: [-0.5, labels.length - 0.5] } : {}) } },
    axes: [{ ...axis, label: option, labelFont: '12px system-ui', labelSize: 20, ...named }, { ...axis, size: 56 }],
    series: [
      { label: option, value: (_, value) => (labels ? labels[value] ?? '' : value?.toPrecision(3) ?? '') },
      ...names.map((label, rung) => ({
        label,
        stroke: color(`--curve-${rung % colorCount + 1}`),
        paths: () => null,
        points: { show: true, size: 7 },
        value: (_, value) => value?.toPrecision(3) ?? '',
      })),
    ],
  };
}
