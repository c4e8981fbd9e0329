// Explores a run's generator: pictures by seed and label, their nearest training pictures, interpolation between seeds, and pictures near to a given one.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { curlCommand, get, getBlob, resourceUrl, urlWithoutKey } from '../api.js';
import { measure } from '../format.js';
import { Projection } from '../explore/projection.js';
import { Square } from '../explore/square.js';
import { delay, isAtRest, lastEpoch } from '../live.js';
import { connection } from '../parts/connection.js';
import { classesOf, className } from '../parts/dataset.js';
import { problem } from '../parts/problem.js';

const refreshInterval = 5000; // milliseconds
const columns = 6;
const pictureCount = 36;
const gap = 2; // pixels between the pictures of a sheet
const truncations = ['1', '0.9', '0.8', '0.7', '0.6', '0.5', '0.4', '0.3', '0.2', '0.1', '0'];

export async function show(root, { run: id, query }, signal) {
  document.title = `Explore ${id} · GanFunctions`;
  const run = await get(`runs/${id}`, { signal });
  const [dataset, { epochs }] = await Promise.all([
    get(`datasets/${run.dataset}`, { signal }).catch(() => null), // the data set may be deleted; the generator still works
    get(`runs/${id}/grids`, { signal }),
  ]);
  const classes = run.options.conditional ? choices(run, dataset) : null;
  const state = {
    run, epochs, classes,
    seed: query.get('seed') ?? String(run.options.seed), label: chosen(classes, query.get('label'))?.value ?? '', epoch: query.get('epoch') ?? 'latest',
    truncation: query.get('truncation') ?? '1',
    failure: null, neighbours: null, message: '',
  };
  const draw = () => render(template(state, handlers), root);
  const selection = () => selected(state);
  const selectedClass = () => chosen(state.classes, state.label) ?? state.classes?.[0] ?? null; // the server also begins with the first
  let pending = null; // aborts the previous request
  let squareEpoch = null; // the last completed epoch when the square loaded its generator
  const openSquare = () => {
    squareEpoch = lastEpoch(state.run);
    square.open(state.epoch, selectedClass());
  };

  const redraw = async () => {
    history.replaceState(null, '', `#/runs/${id}/explore?${new URLSearchParams(selection())}`);
    pending?.abort();
    pending = new AbortController();
    if (state.epoch === 'latest' && lastEpoch(state.run) !== squareEpoch) openSquare();
    Object.assign(state, { failure: null, neighbours: null });
    draw();
    try {
      const sheet = await getBlob(`runs/${id}/samples`, { query: { ...selection(), count: pictureCount, columns, scale: 1, format: 'png' }, signal: AbortSignal.any([signal, pending.signal]) });
      paint(root, await createImageBitmap(sheet));
    } catch (failure) {
      if (failure.name !== 'AbortError') Object.assign(state, { failure });
    }
    draw();
  };
  const handlers = {
    change(event) {
      state[event.target.name] = event.target.value.trim();
      redraw();
      if (event.target.name === 'epoch') openSquare();
      if (event.target.name === 'label') square.setClass(selectedClass());
    },
    randomizeSeed() {
      state.seed = String(Math.floor(Math.random() * 1e6));
      redraw();
    },
    showNearest: index => showNearest(id, index, { ...selection() }, state, draw, signal),
    async copy(text, name) {
      state.message = await navigator.clipboard.writeText(text).then(() => `${name} copied.`, () => text); // without clipboard access, shown for manual copying
      draw();
    },
  };
  draw();
  const square = new Square(root.querySelector('#square'), id, signal);
  openSquare();
  new Projection(root.querySelector('#projection'), id, selection, signal);
  await redraw();
  while (!signal.aborted && !isAtRest(state.run)) {
    await delay(refreshInterval, signal);
    await refresh().then(connection.restored, error => signal.aborted || connection.report(error));
  }

  // While the run trains, the list of epochs grows. The pictures change only on request.
  async function refresh() {
    const before = lastEpoch(state.run);
    state.run = await get(`runs/${id}`, { signal });
    if (lastEpoch(state.run) === before) return;
    state.epochs = (await get(`runs/${id}/grids`, { signal })).epochs;
    draw();
  }
}

// The classes to choose from, each with the value of the query parameter label. A run that an earlier version began does not list its classes, and its
// checkpoints have no names, so it takes the labels of the data set; if that is deleted, ten digits are the best guess.
const choices = (run, dataset) => run.classes?.map(each => ({ ...each, value: className(each) }))
  ?? classesOf(dataset ?? { classes: 10 }).map(each => ({ ...each, value: String(each.label) }));

const chosen = (classes, label) => classes?.find(each => each.value === label) ?? classes?.find(each => String(each.label) === label);

const selected = ({ seed, label, epoch, truncation }) => ({ seed, label, epoch, ...(truncation === '1' ? {} : { truncation }) });

// The latent walk visits the selected seed and the next three; null if the seed is invalid.
const walkSeeds = seed => (/^\d{1,16}$/.test(seed) && Number(seed) + 3 <= Number.MAX_SAFE_INTEGER ? [0, 1, 2, 3].map(step => Number(seed) + step).join(',') : null);

function paint(root, sheet) {
  const side = (sheet.width + gap) / columns - gap;
  root.querySelectorAll('.sheet-buttons canvas').forEach((canvas, index) => {
    [canvas.width, canvas.height] = [side, side];
    canvas.getContext('2d').drawImage(sheet, (index % columns) * (side + gap), Math.floor(index / columns) * (side + gap), side, side, 0, 0, side, side);
  });
}

async function showNearest(id, index, selection, state, draw, signal) {
  const query = { ...selection, index, count: 8 };
  const search = state.neighbours = { index, isSearching: true };
  draw();
  while (!signal.aborted && state.neighbours === search) {
    try {
      const result = await get(`runs/${id}/neighbours`, { query, signal });
      // Not as the source of the image: another worker may answer 503 again.
      const picture = await getBlob(`runs/${id}/neighbours`, { query: { ...query, format: 'png', scale: 2 }, signal });
      Object.assign(search, { result, pictureUrl: URL.createObjectURL(picture), isSearching: false });
      break;
    } catch (failure) {
      if (failure.status !== 503) {
        Object.assign(search, { failure, isSearching: false });
        break;
      }
      search.status = failure.message;
      draw();
      await delay((failure.retryAfter ?? 5) * 1000, signal);
    }
  }
  if (!signal.aborted) draw();
}

const template = (state, handlers) => {
  const { run, failure, seed, label, epoch, truncation } = state;
  const query = selected(state);
  return html`
    <div class="heading"><h1>Explore ${run.run}</h1><div class="actions"><a class="button" href="#/runs/${run.run}">Back to run</a></div></div>
    <section class="panel" aria-labelledby="pictures">
      <h2 id="pictures">Pictures</h2>
      <form class="inline" @change=${handlers.change} @submit=${event => event.preventDefault()}>
        <label>Seed <input name="seed" inputmode="numeric" autocomplete="off" .value=${seed}></label>
        <button type="button" @click=${handlers.randomizeSeed}>Random seed</button>
        ${state.classes ? html`<label>Label <select name="label">
          <option value="">all, in turn</option>
          ${state.classes.map(each => html`<option value=${each.value} ?selected=${each.value === label}>${className(each)}</option>`)}</select></label>` : nothing}
        <label>Epoch <select name="epoch">
          ${['latest', ...(run.best ? ['best'] : []), ...state.epochs.toReversed()].map(each => html`<option ?selected=${String(each) === epoch}>${each}</option>`)}</select></label>
        <label title="Below 1, pictures are more typical and less varied.">Truncation <select name="truncation">
          ${truncations.map(each => html`<option ?selected=${each === truncation}>${each}</option>`)}</select></label>
      </form>
      ${failure ? problem(failure) : nothing}
      <p class="hint">Select a picture to find the nearest training pictures.</p>
      <div class="sheet-buttons" ?hidden=${failure !== null}>${Array.from({ length: pictureCount }, (_, index) => html`
        <button class="picture" aria-label="Picture ${index}, seed ${seed}" aria-pressed=${state.neighbours?.index === index} @click=${() => handlers.showNearest(index)}><canvas class="pixels"></canvas></button>`)}</div>
      <div aria-live="polite">${state.neighbours ? nearest(state.neighbours) : nothing}</div>
      <div class="actions">
        <button @click=${() => handlers.copy(location.href, 'Link')}>Copy link</button>
        <button @click=${() => handlers.copy(curlCommand(urlWithoutKey(`runs/${run.run}/samples`, query), `${run.run}.png`), 'Command')}>Copy curl command</button>
        <a class="button" href=${resourceUrl(`runs/${run.run}/samples`, { ...query, scale: 4, format: 'png' })} download="${run.run}-${seed}.png">Download PNG</a>
        <a class="button" href=${resourceUrl(`runs/${run.run}/walk`, { ...query, seed: null, seeds: walkSeeds(seed), format: 'gif' })} download="${run.run}-walk.gif">Latent walk (GIF)</a>
        <a class="button" href=${resourceUrl(`runs/${run.run}/checkpoints/${epoch}/generator`, { format: 'onnx' })} download="${run.run}.onnx">Generator (ONNX)</a>
        <a class="button" href=${resourceUrl(`runs/${run.run}/checkpoints/${epoch}/generator`, { format: 'safetensors' })} download="${run.run}.safetensors">Generator (safetensors)</a>
        <output class="hint">${state.message}</output>
      </div>
    </section>
    <section class="panel" aria-labelledby="between"><h2 id="between">Latent-space interpolation</h2><p class="hint">Drag across the map to interpolate between four seeds.</p><div id="square"></div></section>
    <section class="panel" aria-labelledby="nearest"><h2 id="nearest">Find the nearest picture</h2><p class="hint">Upload a picture to find the most similar one that the generator can draw, from the
      epoch and label selected above. The search takes up to a few minutes.</p><div id="projection"></div></section>`;
};

const describe = each => (each.label === null ? measure(each.distance) : `${measure(each.distance)} (${className(each)})`);

const nearest = ({ index, isSearching, status, failure, result, pictureUrl }) => html`
  <h3>Memorisation check for picture ${index}</h3>
  ${isSearching ? html`<p class="hint">${status ?? 'Searching …'}</p>` : nothing}
  ${failure ? problem(failure) : nothing}
  ${result ? html`
    <img class="pixels nearest" src=${pictureUrl} @load=${() => URL.revokeObjectURL(pictureUrl)} alt="The generated picture and its ${result.neighbours.length} nearest training pictures">
    <p class="hint">The generated picture, then the training pictures by distance: ${result.neighbours.map(describe).join(', ')}. The typical distance between
      a real picture and its nearest neighbour is ${measure(result.typicalDistance)}; a much smaller distance indicates memorisation.</p>` : nothing}`;
