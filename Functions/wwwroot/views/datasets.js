// Data sets: what there is, and an upload of one's own.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { address, get, put, remove } from '../api.js';
import { count, plural } from '../format.js';
import { pause } from '../live.js';
import { ask } from '../parts/ask.js';
import { canTrain, hasPictures } from '../parts/dataset.js';
import { problem } from '../parts/problem.js';

const refreshEvery = 1000;
const form = Symbol('form'); // where something failed: here, or at the data set of a name

export async function show(root, _, signal) {
  document.title = 'Data sets · GanFunctions';
  const state = { datasets: [], failure: null, failedAt: null, isBusy: false };
  const draw = () => render(template(state, actions), root);
  const refresh = async () => { state.datasets = (await get('datasets', { signal })).datasets; draw(); };
  const attempt = async (at, action) => {
    Object.assign(state, { failure: null, failedAt: at, isBusy: true });
    draw();
    try {
      await action();
      await refresh();
      watch();
    } catch (failure) {
      state.failure = failure;
    }
    state.isBusy = false;
    draw();
  };
  const actions = {
    upload(event) {
      event.preventDefault();
      const values = new FormData(event.target);
      return attempt(form, () => put(`datasets/${encodeURIComponent(values.get('name').trim())}`, values.get('file'),
        { query: { size: values.get('size'), channels: values.get('channels') }, type: 'application/zip' }));
    },
    async remove(name) {
      if (await ask(`Remove the data set ${name}?`, 'Remove it')) await attempt(name, () => remove(`datasets/${name}`));
    },
  };
  let isWatching = false;
  const watch = async () => {
    if (isWatching) return;
    isWatching = true;
    while (!signal.aborted && state.datasets.some(isConverting)) {
      await pause(refreshEvery, signal);
      await refresh().catch(() => {}); // asked again in a second
    }
    isWatching = false;
  };
  await refresh();
  watch();
}

const isConverting = ({ conversion }) => conversion?.state === 'staged' || conversion?.state === 'converting';

const problemAt = (place, { failure, failedAt }) => (failure && failedAt === place ? problem(failure) : nothing);

const template = (state, actions) => html`
  <h1>Data sets</h1>
  <ul class="datasets">${state.datasets.map(each => card(each, state, actions))}</ul>
  <h2>Your own pictures</h2>
  <form class="panel start" @submit=${actions.upload}>
    <div class="field"><label for="name">Name</label><input id="name" name="name" required pattern="[^.\\/]+" title="1 to 40 of a-z, 0-9 and -" autocomplete="off" placeholder="pets"></div>
    <div class="field"><label for="file">Zip file</label><input id="file" name="file" type="file" accept=".zip" required aria-describedby="file-hint">
      <p class="hint" id="file-hint">of PNG, JPEG or WebP files, a folder for each class</p></div>
    <div class="field"><label for="size">Size</label><select id="size" name="size"><option>28</option><option>32</option><option>64</option></select></div>
    <div class="field"><label for="channels">Colours</label><select id="channels" name="channels"><option value="1">grey</option><option value="3">colour</option></select></div>
    <div class="whole">${problemAt(form, state)}</div>
    <div class="actions"><button class="primary" ?disabled=${state.isBusy}>${state.isBusy ? 'Sending …' : 'Upload'}</button></div>
  </form>`;

const card = (dataset, state, { remove }) => html`
  <li class="panel" data-dataset=${dataset.name}>
    <div class="heading">
      <h2>${dataset.name}</h2>
      <div class="actions">
        ${canTrain(dataset) ? html`<a class="button" href="#/start?dataset=${dataset.name}">Train on it</a>` : nothing}
        ${dataset.stored || dataset.conversion ? html`<button @click=${() => remove(dataset.name)}>Remove</button>` : nothing}
      </div>
    </div>
    ${problemAt(dataset.name, state)}
    <p>${dataset.description}</p>
    ${hasPictures(dataset) ? html`
      <p class="hint">${plural(dataset.train, 'picture')} to train on, ${count(dataset.test ?? 0)} held out, ${dataset.width}×${dataset.height}${dataset.channels === 3 ? ', colour' : ''}${
        dataset.classes ? `, ${plural(dataset.classes, 'class', 'classes')}` : ''}</p>
      <img class="pixels sheet" src=${address(`datasets/${dataset.name}/preview`)} alt="Some pictures of ${dataset.name}" loading="lazy">` : nothing}
    ${dataset.conversion ? conversion(dataset.conversion) : nothing}
  </li>`;

const conversion = upload => html`
  <p role="status">Upload: ${upload.state}, ${count(upload.done)} of ${count(upload.total)} files${upload.error ? html`: ${upload.error}` : nothing}</p>
  ${isConverting({ conversion: upload }) ? html`<progress max=${upload.total || 1} .value=${upload.done} aria-label="Conversion"></progress>` : nothing}
  ${upload.problemCount > 0 ? html`
    <details>
      <summary>${plural(upload.problemCount, 'file')} passed over</summary>
      <ul>${upload.problems.map(each => html`<li><code>${each.file}</code>: ${each.problem}</li>`)}</ul>
    </details>` : nothing}`;
