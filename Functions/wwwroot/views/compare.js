// Compares runs: one metric as a chart, and the generated pictures by epoch.
import { html, render } from '../lib/lit-html/lit-html.js';
import { get, resourceUrl } from '../api.js';
import { measure } from '../format.js';
import { delay, isAtRest } from '../live.js';
import { chart } from '../parts/chart.js';
import { connection } from '../parts/connection.js';
import { Losses } from '../parts/losses.js';
import { stateChip } from '../parts/state.js';

const refreshInterval = 3000; // milliseconds
const colorCount = 6;

const metrics = [
  { name: 'frechetDistance', label: 'Fréchet distance', isPerEpoch: true, options: { log: true, points: true } },
  { name: 'precision', label: 'Precision', isPerEpoch: true, options: { range: [0, 1], points: true } },
  { name: 'recall', label: 'Recall', isPerEpoch: true, options: { range: [0, 1], points: true } },
  { name: 'generatorLoss', label: 'Generator loss', options: {} },
  { name: 'discriminatorLoss', label: 'Discriminator loss', options: {} },
  { name: 'realScore', label: 'D(x), real pictures', options: { range: [0, 1] } },
  { name: 'fakeScore', label: 'D(G(z)), generated pictures', options: { range: [0, 1] } },
];

export async function show(root, { query }, signal) {
  document.title = 'Compare · GanFunctions';
  const ids = (query.get('runs') ?? '').split(',').filter(Boolean);
  if (ids.length < 2) return render(html`<h1>Compare</h1><p>Select at least two <a href="#/">runs</a> to compare.</p>`, root);
  const state = { metric: metrics[0], epoch: null, runs: [], grids: new Map() };
  const losses = new Map(ids.map(id => [id, new Losses(id)]));
  let plot = null;
  let plotVersion = 0; // a chart that loads after a newer request is destroyed

  const draw = () => render(template(state, handlers), root);
  const handlers = {
    async selectMetric(event) {
      state.metric = metrics.find(metric => metric.name === event.target.value);
      draw();
      await replot();
    },
    selectEpoch(event) {
      state.epoch = event.target.valueAsNumber === maxEpoch(state) ? null : event.target.valueAsNumber;
      draw();
    },
  };
  const replot = async () => {
    plot?.destroy();
    plot = null;
    const version = ++plotVersion;
    const next = await chart(root.querySelector('#curves'), state.metric.label, ids.map((id, index) => ({ label: id, color: `--curve-${index % colorCount + 1}` })), state.metric.options);
    if (version !== plotVersion) return next.destroy();
    plot = next;
    plot.set(merge(state, losses));
  };
  // A run that is deleted while the view is open keeps its last known values.
  const fetchRun = async id => {
    const known = state.runs.find(run => run.run === id);
    if (known?.state === 'deleted') return known;
    return get(`runs/${id}`, { signal }).catch(error => {
      if (error.status !== 404 || !known) throw error;
      return { ...known, state: 'deleted' };
    });
  };
  const refresh = async () => {
    state.runs = await Promise.all(ids.map(fetchRun));
    await Promise.all(state.runs.filter(run => run.state !== 'deleted').map(async run => {
      await losses.get(run.run).refresh(run, signal);
      state.grids.set(run.run, (await get(`runs/${run.run}/grids`, { signal })).epochs);
    }));
    draw();
    plot?.set(merge(state, losses));
  };
  await refresh();
  await replot();
  signal.addEventListener('abort', () => plot?.destroy());
  while (!signal.aborted && !state.runs.every(isAtRest)) {
    await delay(refreshInterval, signal);
    if (!signal.aborted) await refresh().then(connection.restored, error => signal.aborted || connection.report(error));
  }
}

// uPlot requires all curves to share one list of x values.
function merge({ runs, metric }, losses) {
  const curves = runs.map(run => {
    const log = losses.get(run.run);
    const [xs, ys] = metric.isPerEpoch ? log.epochs(metric.name) : log.steps(run.progress.stepsPerEpoch, metric.name);
    return new Map(xs.map((x, index) => [x, ys[index]]));
  });
  const allXs = [...new Set(curves.flatMap(curve => [...curve.keys()]))].sort((a, b) => a - b);
  return [allXs, ...curves.map(curve => allXs.map(x => curve.get(x) ?? null))];
}

const maxEpoch = state => Math.max(1, ...[...state.grids.values()].map(epochs => epochs.at(-1) ?? 1));

const template = (state, handlers) => {
  const epoch = state.epoch ?? maxEpoch(state);
  return html`
    <h1>Compare</h1>
    <section class="panel" aria-labelledby="curve-title">
      <div class="heading">
        <h2 id="curve-title">${state.metric.label}</h2>
        <label>Metric <select @change=${handlers.selectMetric}>${metrics.map(metric => html`<option value=${metric.name}>${metric.label}</option>`)}</select></label>
      </div>
      <div id="curves"></div>
    </section>
    <section class="panel" aria-labelledby="pictures-title">
      <h2 id="pictures-title">Generated pictures</h2>
      <div class="player">
        <input type="range" min="1" max=${maxEpoch(state)} .value=${String(epoch)} aria-label="Epoch" @input=${handlers.selectEpoch}>
        <output>Epoch ${epoch}</output>
      </div>
      <div class="side-by-side">${state.runs.map(run => figure(run, state.grids.get(run.run) ?? [], epoch))}</div>
    </section>`;
};

// The grid of the selected epoch, or the latest before it.
function figure(run, epochs, selectedEpoch) {
  const epoch = epochs.findLast(each => each <= selectedEpoch);
  return html`
    <figure>
      <figcaption><a href="#/runs/${run.run}">${run.run}</a> ${stateChip(run.state)}<br>
        <span class="hint">epoch ${epoch ?? '–'}, best Fréchet distance ${measure(run.best?.frechetDistance)}</span></figcaption>
      ${epoch
        ? html`<img class="grid" src=${resourceUrl(`runs/${run.run}/grids/${epoch}`)} alt="64 pictures generated by ${run.run} after epoch ${epoch}">`
        : html`<p class="hint">No pictures yet.</p>`}
    </figure>`;
}
