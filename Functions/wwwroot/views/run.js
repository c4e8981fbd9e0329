// One run: progress, curves, generated pictures and actions.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { get, post, remove, resourceUrl } from '../api.js';
import { bytes, count, duration, measure, percent, plural } from '../format.js';
import { follow, isAtRest, lastEpoch } from '../live.js';
import { chart } from '../parts/chart.js';
import { confirm } from '../parts/confirm.js';
import { className } from '../parts/dataset.js';
import { Losses } from '../parts/losses.js';
import { Player } from '../parts/player.js';
import { problem } from '../parts/problem.js';
import { stateChip } from '../parts/state.js';

const refreshInterval = 2000; // milliseconds between updates of the curves

export async function show(root, { run: id }, signal) {
  document.title = `${id} · GanFunctions`;
  const state = { run: await get(`runs/${id}`, { signal }), failure: null, isBusy: false, timelapseEpoch: null, storage: null };
  let update = async () => {}; // replaced when the charts are loaded
  const draw = () => render(template(state, handlers), root);
  const handlers = createHandlers(id, state, draw, run => { state.run = run; draw(); update(run); });
  draw();

  const curves = await createCurves(root, signal);
  const losses = new Losses(id);
  const player = new Player(root.querySelector('#player'), id, signal);
  let shownEpoch = -1;
  let refreshedAt = 0;
  let isRefreshing = false;
  update = async run => {
    const isDue = isAtRest(run) || performance.now() - refreshedAt > refreshInterval;
    if (isRefreshing || !isDue || signal.aborted) return;
    isRefreshing = true;
    try {
      curves.set(await losses.refresh(run, signal), run);
      if (lastEpoch(run) !== shownEpoch) {
        player.set((await get(`runs/${id}/grids`, { signal })).epochs);
        state.storage = await get(`runs/${id}/storage`, { signal });
        draw();
      }
      shownEpoch = lastEpoch(run);
      refreshedAt = performance.now();
    } catch {
      // Retried on the next change of the run. follow() reports an unreachable server.
    } finally {
      isRefreshing = false;
    }
  };
  update(state.run);
  await follow(state.run, run => {
    if (signal.aborted) return;
    if (run === null) return render(html`<h1>${id}</h1><p>This run has been deleted. <a href="#/">All runs</a></p>`, root);
    state.run = run;
    if (state.failure?.status === 0) state.failure = null; // the server is reachable again
    draw();
    update(run);
  }, signal);
}

function createHandlers(id, state, draw, onChange) {
  const attempt = async call => {
    Object.assign(state, { failure: null, isBusy: true });
    draw();
    try {
      const run = await call();
      state.isBusy = false;
      if (run) onChange(run);
    } catch (failure) {
      Object.assign(state, { failure, isBusy: false });
    }
    draw();
  };
  return {
    pause: () => attempt(() => post(`runs/${id}/pause`)),
    resume: () => attempt(() => post(`runs/${id}/resume`)),
    async cancel() {
      if (await confirm(`Cancel ${id}? Its checkpoints are kept.`, 'Cancel run')) await attempt(() => post(`runs/${id}/cancel`));
    },
    extend: event => {
      event.preventDefault();
      const form = new FormData(event.target);
      const amount = form.get('amount').trim();
      return attempt(() => post(`runs/${id}/extend`, { [form.get('unit')]: Number.isFinite(Number(amount)) ? Number(amount) : amount }));
    },
    async remove() {
      if (!await confirm(`Delete ${id} and all its checkpoints and pictures?`, 'Delete run')) return;
      await attempt(async () => { await remove(`runs/${id}`); location.hash = '#/'; });
    },
    timelapse() {
      state.timelapseEpoch = lastEpoch(state.run);
      draw();
    },
  };
}

async function createCurves(root, signal) {
  const [losses, outputs, distance] = await Promise.all([
    chart(root.querySelector('#losses'), 'Losses', [{ label: 'discriminator', color: '--curve-1' }, { label: 'generator', color: '--curve-2' }]),
    chart(root.querySelector('#outputs'), 'Discriminator outputs', [{ label: 'D(x), real', color: '--curve-1' }, { label: 'D(G(z)), generated', color: '--curve-2' }], { range: [0, 1] }),
    chart(root.querySelector('#distance'), 'Fréchet distance', [{ label: 'Fréchet distance', color: '--curve-3' }], { log: true, points: true }),
  ]);
  signal.addEventListener('abort', () => [losses, outputs, distance].forEach(each => each.destroy()));
  return {
    set(log, run) {
      losses.set(log.steps(run.progress.stepsPerEpoch, 'discriminatorLoss', 'generatorLoss'));
      outputs.set(log.steps(run.progress.stepsPerEpoch, 'realScore', 'fakeScore'));
      distance.set(log.epochs('frechetDistance'));
    },
  };
}

// The server lists the actions that are available in the current state of the run.
const template = ({ run, failure, isBusy, timelapseEpoch, storage }, handlers) => html`
  <div class="heading">
    <h1>${run.run} ${stateChip(run.state)}</h1>
    <div class="actions">
      ${run.actions.includes('pause') ? html`<button ?disabled=${isBusy} @click=${handlers.pause}>Pause</button>` : nothing}
      ${run.actions.includes('resume') ? html`<button class="primary" ?disabled=${isBusy} @click=${handlers.resume}>Resume</button>` : nothing}
      ${run.actions.includes('cancel') ? html`<button ?disabled=${isBusy} @click=${handlers.cancel}>Cancel</button>` : nothing}
      ${run.actions.includes('delete') ? html`<button ?disabled=${isBusy} @click=${handlers.remove}>Delete</button>` : nothing}
      ${isAtRest(run) ? html`<a class="button" href=${resourceUrl(`runs/${run.run}/export`)} download="${run.run}.zip" title="The whole run as a zip file, which this or another app can import">Export</a>` : nothing}
      ${run.checkpoint ? html`<a class="button primary" href="#/runs/${run.run}/explore">Explore</a>` : nothing}
    </div>
  </div>
  ${failure ? problem(failure) : nothing}
  ${run.error ? html`<div class="problem" role="alert"><strong>The run failed.</strong><p>${run.error}</p></div>` : nothing}
  ${run.warnings.map(warning => html`<p class="warning" role="status">${warning}</p>`)}
  <section class="panel" aria-label="Progress">
    <progress max="1" .value=${run.progress.fraction} aria-label="Progress"></progress>
    <p class="numbers">${numbers(run)}</p>
    <p class="numbers">${run.cost.executions ? cost(run.cost) : nothing}
      ${storage ? html`<span data-storage>${bytes(storage.bytes)} stored</span>` : nothing}</p>
    ${run.stoppedEarly ? html`<p>${run.stoppedEarly}</p>` : nothing}
    ${run.quality ? measures(run) : nothing}
    ${run.quality?.classes ? classShares(run) : nothing}
  </section>
  <div class="columns">
    <section class="panel" aria-labelledby="samples"><h2 id="samples">Fixed-noise samples by epoch</h2><div id="player"></div></section>
    <section class="panel curves" aria-labelledby="curves">
      <h2 id="curves">Curves</h2>
      <h3>Losses</h3><div id="losses"></div>
      <h3>Discriminator outputs</h3><div id="outputs"></div>
      <div ?hidden=${run.options.qualitySamples === 0}><h3>Fréchet distance to held-out pictures</h3><div id="distance"></div></div>
      <p class="hint">Download as <a href=${resourceUrl(`runs/${run.run}/losses`, { format: 'csv' })} download="${run.run}.csv">CSV</a>,
        <a href=${resourceUrl(`runs/${run.run}/losses`, { format: 'svg' })} download="${run.run}.svg">SVG</a> or
        <a href=${resourceUrl(`runs/${run.run}/losses`, { format: 'png' })} download="${run.run}.png">PNG</a>.</p>
    </section>
  </div>
  <section class="panel" aria-labelledby="timelapse">
    <h2 id="timelapse">Timelapse</h2>
    ${timelapse(run, timelapseEpoch, handlers)}
  </section>
  <section class="panel" aria-labelledby="training">
    <h2 id="training">Training</h2>
    ${run.actions.includes('extend') ? html`
      <form class="inline" @submit=${handlers.extend} novalidate>
        <label for="extend">Extend by</label>
        <input id="extend" name="amount" inputmode="numeric" value="10" autocomplete="off">
        <select name="unit" aria-label="Unit">
          <option value="epochs">epochs</option>
          <option value="images">pictures</option>
        </select>
        <button ?disabled=${isBusy}>Extend</button>
      </form>` : nothing}
    <details>
      <summary>Options of this run</summary>
      <dl class="options">${Object.entries(run.options).map(([name, value]) => html`<div><dt>${name}</dt><dd>${optionValue(value)}</dd></div>`)}</dl>
    </details>
  </section>`;

const optionValue = value => (value === null ? '–' : typeof value === 'object' ? Object.entries(value).filter(([, each]) => each !== null)
  .map(([name, each]) => `${name} ${each}`).join(', ') : String(value));

const startedFrom = ({ run, epoch, training }) => html`
  <span>started from <a href="#/runs/${run}">${run}</a>, epoch ${epoch}${training ? nothing : ', with a new discriminator'}</span>`;

const numbers = run => html`
  <span>${run.dataset}, ${run.preset}</span>
  ${run.sweep ? html`<span>trial of <a href="#/sweeps/${run.sweep}">${run.sweep}</a></span>` : nothing}
  ${run.options.initFrom ? startedFrom(run.options.initFrom) : nothing}
  <span>epoch <b data-epoch>${run.progress.epoch}</b> of ${run.progress.epochs}</span>
  ${run.progress.stepsPerEpoch ? html`<span>step ${count(run.progress.step)} of ${count(run.progress.stepsPerEpoch)}</span>` : nothing}
  ${run.progress.totalImages ? html`<span>${count(run.progress.images)} of ${count(run.progress.totalImages)} pictures</span>` : nothing}
  ${!isAtRest(run) && run.imagesPerSecond ? html`<span>${count(Math.round(run.imagesPerSecond))} pictures/s</span>` : nothing}
  ${!isAtRest(run) && run.secondsLeft !== null ? html`<span>${duration(run.secondsLeft)} left</span>` : nothing}
  ${run.quality ? html`<span>Fréchet distance ${measure(run.quality.frechetDistance)}</span>` : nothing}
  ${run.best ? html`<span>best ${measure(run.best.frechetDistance)} at epoch ${run.best.epoch}</span>` : nothing}
  ${run.rollBacks ? html`<span>${plural(run.rollBacks, 'rollback')}</span>` : nothing}`;

const cost = ({ amount, currency, minutes, estimated }) => html`
  <span data-cost title="Price of its training on a Flex Consumption plan">cost ${measure(amount)} ${currency} for ${measure(minutes)} min</span>
  ${estimated ? html`<span>about ${measure(estimated.amount)} ${currency} for the rest</span>` : nothing}`;

// Quality that an earlier version measured lacks some of them: they are shown as a dash.
const measures = ({ quality, qualityEpoch }) => html`
  <details>
    <summary>Quality of the pictures after epoch ${qualityEpoch}</summary>
    <dl class="options" data-measures>${['precision', 'recall', 'density', 'coverage', 'variety'].map(name => html`
      <div><dt>${name}</dt><dd>${measure(quality[name])}</dd></div>`)}</dl>
  </details>`;

const classShares = ({ quality, qualityEpoch }) => html`
  <details>
    <summary>Classes of the pictures after epoch ${qualityEpoch}</summary>
    <dl class="options" data-classes>${quality.classes.shares.map(share => html`
      <div><dt>${className(share)}</dt><dd>${percent(share.generated)} (real ${percent(share.real)})</dd></div>`)}</dl>
  </details>`;

function timelapse(run, shownEpoch, handlers) {
  if (lastEpoch(run) < 2) return html`<p class="hint">Available after two epochs.</p>`;
  const url = resourceUrl(`runs/${run.run}/timelapse`, { format: 'webp' });
  return html`
    ${shownEpoch ? html`<img class="grid" src="${url}#${shownEpoch}" alt="Timelapse of epochs 1 to ${shownEpoch}">` : nothing}
    <div class="actions">
      <button @click=${handlers.timelapse}>${shownEpoch ? 'Refresh' : 'Show'}</button>
      <a class="button" href=${resourceUrl(`runs/${run.run}/timelapse`)} download="${run.run}.gif">Download GIF</a>
    </div>`;
}
