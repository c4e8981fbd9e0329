// Runs side by side: one curve of each, and what they drew, by epoch.
import { html, render } from '../lib/lit-html/lit-html.js';
import { address, get } from '../api.js';
import { measure } from '../format.js';
import { isAtRest, pause } from '../live.js';
import { chart } from '../parts/chart.js';
import { connection } from '../parts/connection.js';
import { Losses } from '../parts/losses.js';
import { stateChip } from '../parts/state.js';

const refreshEvery = 3000;
const colors = 6;

const metrics = [
  { name: 'frechetDistance', label: 'Fréchet distance', ofEpochs: true, options: { log: true, points: true } },
  { name: 'generatorLoss', label: 'Loss of the generator', options: {} },
  { name: 'discriminatorLoss', label: 'Loss of the discriminator', options: {} },
  { name: 'realScore', label: 'D(x), of real pictures', options: { range: [0, 1] } },
  { name: 'fakeScore', label: 'D(G(z)), of drawn ones', options: { range: [0, 1] } },
];

export async function show(root, { query }, signal) {
  document.title = 'Compare · GanFunctions';
  const ids = (query.get('runs') ?? '').split(',').filter(Boolean);
  if (ids.length < 2) return render(html`<h1>Compare</h1><p>Tick two runs or more in the <a href="#/">list</a>.</p>`, root);
  const state = { metric: metrics[0], epoch: null, runs: [], grids: new Map() };
  const losses = new Map(ids.map(id => [id, new Losses(id)]));
  let plot = null;
  let plots = 0; // counts charts begun: an older one that comes late is put away

  const draw = () => render(template(state, actions), root);
  const actions = {
    async measure(event) {
      state.metric = metrics.find(each => each.name === event.target.value);
      draw();
      await replot();
    },
    choose(event) {
      state.epoch = event.target.valueAsNumber === lastOf(state) ? null : event.target.valueAsNumber;
      draw();
    },
  };
  const replot = async () => {
    plot?.destroy();
    plot = null;
    const mine = ++plots;
    const next = await chart(root.querySelector('#curves'), state.metric.label, ids.map((id, place) => ({ label: id, color: `--curve-${place % colors + 1}` })), state.metric.options);
    if (mine !== plots) return next.destroy();
    plot = next;
    plot.set(joined(state, losses));
  };
  // One that is deleted meanwhile stays as it was last seen.
  const look = async id => {
    const known = state.runs.find(run => run.run === id);
    if (known?.state === 'deleted') return known;
    return get(`runs/${id}`, { signal }).catch(problem => {
      if (problem.status !== 404 || !known) throw problem;
      return { ...known, state: 'deleted' };
    });
  };
  const refresh = async () => {
    state.runs = await Promise.all(ids.map(look));
    await Promise.all(state.runs.filter(run => run.state !== 'deleted').map(async run => {
      await losses.get(run.run).refresh(run, signal);
      state.grids.set(run.run, (await get(`runs/${run.run}/grids`, { signal })).epochs);
    }));
    draw();
    plot?.set(joined(state, losses));
  };
  await refresh();
  await replot();
  signal.addEventListener('abort', () => plot?.destroy());
  while (!signal.aborted && !state.runs.every(isAtRest)) {
    await pause(refreshEvery, signal);
    if (!signal.aborted) await refresh().then(connection.found, problem => signal.aborted || connection.failed(problem));
  }
}

// uPlot wants one list of places for all curves.
function joined({ runs, metric }, losses) {
  const curves = runs.map(run => {
    const log = losses.get(run.run);
    const [xs, ys] = metric.ofEpochs ? log.epochs(metric.name) : log.steps(run.progress.stepsPerEpoch, metric.name);
    return new Map(xs.map((x, place) => [x, ys[place]]));
  });
  const places = [...new Set(curves.flatMap(curve => [...curve.keys()]))].sort((a, b) => a - b);
  return [places, ...curves.map(curve => places.map(x => curve.get(x) ?? null))];
}

const lastOf = state => Math.max(1, ...[...state.grids.values()].map(epochs => epochs.at(-1) ?? 1));

const template = (state, actions) => {
  const shown = state.epoch ?? lastOf(state);
  return html`
    <h1>Compare</h1>
    <section class="panel" aria-labelledby="curve-title">
      <div class="heading">
        <h2 id="curve-title">${state.metric.label}</h2>
        <label>Curve <select @change=${actions.measure}>${metrics.map(each => html`<option value=${each.name}>${each.label}</option>`)}</select></label>
      </div>
      <div id="curves"></div>
    </section>
    <section class="panel" aria-labelledby="pictures-title">
      <h2 id="pictures-title">Pictures</h2>
      <div class="player">
        <input type="range" min="1" max=${lastOf(state)} .value=${String(shown)} aria-label="Epoch" @input=${actions.choose}>
        <output>Epoch ${shown}</output>
      </div>
      <div class="side-by-side">${state.runs.map(run => sheet(run, state.grids.get(run.run) ?? [], shown))}</div>
    </section>`;
};

function sheet(run, epochs, shown) {
  const epoch = epochs.findLast(each => each <= shown);
  return html`
    <figure>
      <figcaption><a href="#/runs/${run.run}">${run.run}</a> ${stateChip(run.state)}<br>
        <span class="hint">epoch ${epoch ?? '–'}, best distance ${measure(run.best?.frechetDistance)}</span></figcaption>
      ${epoch
        ? html`<img class="grid" src=${address(`runs/${run.run}/grids/${epoch}`)} alt="64 pictures of ${run.run} after epoch ${epoch}">`
        : html`<p class="hint">No pictures yet.</p>`}
    </figure>`;
}
