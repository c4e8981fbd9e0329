// Lists the data sets and uploads new ones.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { get, remove, resourceUrl } from '../api.js';
import { bytes, count, plural } from '../format.js';
import { delay } from '../live.js';
import { confirm } from '../parts/confirm.js';
import { canTrain, classesOf, className, coloursOf, hasPictures } from '../parts/dataset.js';
import { problem } from '../parts/problem.js';
import { uploadFile, uploading } from '../parts/upload.js';

const refreshInterval = 1000; // milliseconds
const maxClasses = 20; // that a card lists
const form = Symbol('form'); // the place of an error: the upload form, or else the name of a data set

export async function show(root, _, signal) {
  document.title = 'Data sets · GanFunctions';
  const state = { datasets: [], sizes: {}, failure: null, failedAt: null, isBusy: false, sent: 0 };
  const draw = () => render(template(state, handlers), root);
  const refresh = async () => { state.datasets = (await get('datasets', { signal })).datasets; draw(); };
  const attempt = async (place, call) => {
    Object.assign(state, { failure: null, failedAt: place, isBusy: true });
    draw();
    try {
      await call();
      await refresh();
      poll();
    } catch (failure) {
      state.failure = failure;
    }
    state.isBusy = false;
    draw();
  };
  const handlers = {
    upload(event) {
      event.preventDefault();
      const values = new FormData(event.target);
      const path = `datasets/${encodeURIComponent(values.get('name').trim())}`;
      const query = Object.fromEntries(['size', 'channels', 'fit', 'background'].map(option => [option, values.get(option)]));
      return attempt(form, () => uploadFile(path, `${path}/uploads`, values.get('file'), query, share => { state.sent = share; draw(); }));
    },
    async remove(name) {
      if (await confirm(`Delete data set ${name}?`, 'Delete data set')) await attempt(name, () => remove(`datasets/${name}`));
    },
  };
  let isPolling = false;
  const poll = async () => {
    if (isPolling) return;
    isPolling = true;
    while (!signal.aborted && state.datasets.some(isConverting)) {
      await delay(refreshInterval, signal);
      await refresh().catch(() => {}); // retried after the interval
    }
    isPolling = false;
  };
  await refresh();
  poll();
  for (const { name } of state.datasets.filter(({ stored }) => stored)) {
    state.sizes[name] = (await get(`datasets/${name}/storage`, { signal }).catch(() => null))?.bytes;
    draw();
  }
}

const isConverting = ({ conversion }) => conversion?.state === 'staged' || conversion?.state === 'converting';

const problemAt = (place, { failure, failedAt }) => (failure && failedAt === place ? problem(failure) : nothing);

const template = (state, handlers) => html`
  <h1>Data sets</h1>
  <ul class="datasets">${state.datasets.map(dataset => card(dataset, state, handlers))}</ul>
  <h2>Upload a data set</h2>
  <form class="panel start" @submit=${handlers.upload}>
    <div class="field"><label for="name">Name</label><input id="name" name="name" required pattern="[^.\\/]+" title="1 to 40 characters: a-z, 0-9 and -" autocomplete="off" placeholder="pets"></div>
    <div class="field"><label for="file">Archive</label><input id="file" name="file" type="file" accept=".zip,.tar,.gz,.tgz,.csv,.parquet" required aria-describedby="file-hint">
      <p class="hint" id="file-hint">zip or tar of pictures, optionally in one folder per class; IDX, CSV or Parquet files</p></div>
    <div class="field"><label for="size">Size</label><select id="size" name="size"><option value="">automatic</option><option>28</option><option>32</option><option>64</option></select></div>
    <div class="field"><label for="channels">Channels</label><select id="channels" name="channels"><option value="">automatic</option><option value="1">greyscale</option><option value="3">colour</option><option value="4">colour with transparency</option></select></div>
    <div class="field"><label for="fit">Non-square pictures</label><select id="fit" name="fit"><option value="">crop the centre</option><option value="pad">add background</option><option value="stretch">stretch</option></select></div>
    <div class="field"><label for="background">Background</label><select id="background" name="background"><option value="">automatic</option><option>white</option><option>black</option></select></div>
    <div class="full-width">${problemAt(form, state)}</div>
    <div class="actions"><button class="primary" ?disabled=${state.isBusy}>${state.isBusy ? uploading(state.sent) : 'Upload'}</button></div>
  </form>`;

const card = (dataset, state, { remove }) => html`
  <li class="panel" data-dataset=${dataset.name}>
    <div class="heading">
      <h2>${dataset.name}</h2>
      <div class="actions">
        ${canTrain(dataset) ? html`<a class="button" href="#/start?dataset=${dataset.name}">Train</a>` : nothing}
        ${dataset.stored || dataset.conversion ? html`<button @click=${() => remove(dataset.name)}>Delete</button>` : nothing}
      </div>
    </div>
    ${problemAt(dataset.name, state)}
    <p>${dataset.description}</p>
    ${hasPictures(dataset) ? html`
      <p class="hint">${plural(dataset.train, 'training picture')}, ${count(dataset.test ?? 0)} held out, ${dataset.width}×${dataset.height}${dataset.channels > 1 ? `, ${coloursOf(dataset)}` : ''}${
        dataset.classes ? `, ${plural(dataset.classes, 'class', 'classes')}: ${classList(dataset)}` : ''}${state.sizes[dataset.name] ? `, ${bytes(state.sizes[dataset.name])} stored` : ''}</p>
      <img class="pixels sheet" src=${resourceUrl(`datasets/${dataset.name}/preview`)} alt="Sample pictures from ${dataset.name}" loading="lazy">` : nothing}
    ${dataset.conversion ? conversionStatus(dataset.conversion) : nothing}
  </li>`;

function classList(dataset) {
  const names = classesOf(dataset).map(className);
  return names.length > maxClasses ? `${names.slice(0, maxClasses).join(', ')} …` : names.join(', ');
}

const conversionStatus = upload => html`
  <p role="status">Upload: ${upload.state}, ${count(upload.done)} of ${count(upload.total)} files${upload.error ? html`: ${upload.error}` : nothing}</p>
  ${isConverting({ conversion: upload }) ? html`<progress max=${upload.total || 1} .value=${upload.done} aria-label="Conversion progress"></progress>` : nothing}
  ${upload.choice ? html`<p class="hint">Converted to ${upload.choice.size}×${upload.choice.size}, ${coloursOf(upload.choice)}${
    upload.choice.channels === 4 ? '' : `, on ${upload.choice.background}`}. ${upload.choice.reasons.join(' ')}</p>` : nothing}
  ${upload.problemCount > 0 ? html`
    <details>
      <summary>${plural(upload.problemCount, 'file')} skipped</summary>
      <ul>${upload.problems.map(({ file, problem: reason }) => html`<li><code>${file}</code>: ${reason}</li>`)}</ul>
    </details>` : nothing}`;
