// A sweep: its best trial, the metric against each option, and a table of all trials.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { get, post, remove, resourceUrl } from '../api.js';
import { measure, plural } from '../format.js';
import { delay } from '../live.js';
import { confirm } from '../parts/confirm.js';
import { connection } from '../parts/connection.js';
import { problem } from '../parts/problem.js';
import { Scatter } from '../parts/scatter.js';
import { stateChip } from '../parts/state.js';

const refreshInterval = 3000; // milliseconds
const endStates = ['completed', 'failed', 'cancelled'];

export async function show(root, { sweep: id }, signal) {
  document.title = `${id} · GanFunctions`;
  const state = { sweep: await get(`sweeps/${id}`, { signal }), sort: { key: 'metric', isDescending: false }, option: null, failure: null };
  state.option = Object.keys(state.sweep.definition.space)[0];
  state.sort.isDescending = !state.sweep.lowerIsBetter;
  let plot = null;
  const draw = () => {
    render(template(state, handlers), root);
    plot?.set(state.sweep, state.option);
  };
  const act = async action => {
    state.failure = null;
    try {
      await action();
    } catch (error) {
      state.failure = error;
    }
    draw();
  };
  const handlers = {
    sort(key) {
      state.sort = { key, isDescending: state.sort.key === key && !state.sort.isDescending };
      draw();
    },
    selectOption(event) {
      state.option = event.target.value;
      draw();
    },
    async cancel() {
      if (await confirm(`Cancel ${id}? Its runs commit a checkpoint and end.`, 'Cancel sweep')) act(async () => { state.sweep = await post(`sweeps/${id}/cancel`); });
    },
    async remove() {
      if (!await confirm(`Delete ${id}? Its runs are kept.`, 'Delete sweep')) return;
      act(async () => {
        await remove(`sweeps/${id}`);
        location.hash = '#/sweeps';
      });
    },
  };
  draw();
  plot = new Scatter(root.querySelector('#scatter'));
  signal.addEventListener('abort', () => plot.destroy());
  draw();
  while (!signal.aborted && !endStates.includes(state.sweep.state)) {
    await delay(refreshInterval, signal);
    if (signal.aborted || document.hidden) continue;
    try {
      state.sweep = await get(`sweeps/${id}`, { signal });
      connection.restored();
      draw();
    } catch (error) {
      if (!signal.aborted) connection.report(error);
    }
  }
}

const template = ({ sweep, sort, option, failure }, handlers) => html`
  <div class="heading">
    <h1>${sweep.sweep} ${stateChip(sweep.state)}</h1>
    <div class="actions">
      <a class="button" href=${resourceUrl(`sweeps/${sweep.sweep}/trials`, { format: 'csv' })} download="${sweep.sweep}.csv">CSV</a>
      ${['queued', 'running'].includes(sweep.state) ? html`<button @click=${handlers.cancel}>Cancel</button>` : nothing}
      ${endStates.includes(sweep.state) ? html`<button class="danger" @click=${handlers.remove}>Delete</button>` : nothing}
    </div>
  </div>
  ${failure ? problem(failure) : nothing}
  <section class="panel" aria-label="Progress">
    <progress max="1" .value=${sweep.progress.fraction} aria-label="Progress of ${sweep.sweep}"></progress>
    <p class="numbers">${Object.entries(sweep.progress).filter(([name, value]) => name !== 'fraction' && value > 0)
      .map(([name, value]) => html`<span>${plural(value, 'trial')} ${name}</span>`)}</p>
    ${sweep.stoppedEarly ? html`<p>${sweep.stoppedEarly}</p>` : nothing}
    ${sweep.error ? html`<p class="error">${sweep.error}</p>` : nothing}
    ${sweep.best ? html`<p data-best>Best ${sweep.definition.metric}: ${measure(sweep.best.metric)} after ${plural(sweep.best.epochs, 'epoch')},
      <a href="#/runs/${sweep.best.run}">${sweep.best.run}</a> with <code>${JSON.stringify(sweep.best.options)}</code></p>` : nothing}
  </section>
  <section class="panel" aria-labelledby="scatter-title">
    <div class="heading">
      <h2 id="scatter-title">${sweep.definition.metric} by ${option}</h2>
      <label>Option <select @change=${handlers.selectOption}>${Object.keys(sweep.definition.space).map(name => html`<option value=${name} ?selected=${name === option}>${name}</option>`)}</select></label>
    </div>
    <div id="scatter" class="curves"></div>
  </section>
  <section class="panel" aria-labelledby="trials-title">
    <h2 id="trials-title">Trials</h2>
    <div class="table" tabindex="0" role="region" aria-label="Table of trials">${table(sweep, sort, handlers)}</div>
  </section>`;

function table(sweep, sort, handlers) {
  const options = Object.keys(sweep.definition.space);
  const columns = [
    { key: 'trial', label: 'Trial', value: trial => trial.trial, cell: trial => (trial.runState ? html`<a href="#/runs/${trial.run}">${trial.run}</a>` : trial.run) },
    ...options.map(option => ({ key: `option ${option}`, label: option, value: trial => trial.options[option], cell: trial => text(trial.options[option]) })),
    { key: 'state', label: 'State', value: trial => trial.state, cell: trial => stateChip(trial.runState === 'paused' ? 'paused' : trial.state) },
    { key: 'epochs', label: 'Epochs', value: trial => trial.epochs, cell: trial => trial.epochs ?? '–' },
    { key: 'metric', label: sweep.definition.metric, value: trial => trial.metric, cell: trial => measure(trial.metric) },
  ];
  const by = columns.find(column => column.key === sort.key);
  const sorted = [...sweep.trials].sort((a, b) => compare(by.value(a), by.value(b), sort.isDescending) || a.trial - b.trial);
  const direction = key => (key !== sort.key ? 'none' : sort.isDescending ? 'descending' : 'ascending');
  return html`
    <table>
      <thead><tr>${columns.map(({ key, label }) => html`
        <th scope="col" aria-sort=${direction(key)}><button @click=${() => handlers.sort(key)}>${label}${{ none: '', ascending: ' ▲', descending: ' ▼' }[direction(key)]}</button></th>`)}</tr></thead>
      <tbody>${sorted.map(trial => html`
        <tr data-trial=${trial.trial} class=${trial.trial === sweep.best?.trial ? 'best' : ''} title=${trial.error ?? nothing}>${columns.map(({ cell }) => html`<td>${cell(trial)}</td>`)}</tr>`)}</tbody>
    </table>`;
}

const text = value => (typeof value === 'number' ? measure(value) : typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));

// Trials without a value come last in both directions.
function compare(a, b, isDescending) {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === 'number' ? a - b : String(a).localeCompare(String(b));
  return isDescending ? -order : order;
}
