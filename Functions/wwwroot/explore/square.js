// A square of latent space with a seed in each corner: drag a point across it, and the picture follows.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { problem } from '../parts/problem.js';
import { BrowserGenerator, ServerGenerator } from './generators.js';

const cells = 5; // of the map, each way
const rateOver = 1000; // milliseconds

export class Square {
  #place;
  #run;
  #signal;
  #generator = null;
  #label = null;
  #seeds = [1, 2, 3, 4];
  #at = { x: 0.5, y: 0.5 };
  #wanted = null;
  #isDrawing = false;
  #times = [];
  #rest = null; // when the rate is taken back
  #map = 0; // counts maps begun: an older one stops
  #opening = 0; // counts generators asked for: an older one that comes late is put away
  #failure = null;

  constructor(place, run, signal) {
    [this.#place, this.#run, this.#signal] = [place, run, signal];
    signal.addEventListener('abort', () => { this.#generator?.close(); clearTimeout(this.#rest); });
  }

  /** Loads the generator of an epoch, in the browser if it can run there. */
  async open(epoch, label) {
    const mine = ++this.#opening;
    this.#generator?.close();
    this.#generator = null;
    this.#label = label;
    this.#draw();
    const generator = await BrowserGenerator.load(this.#run, epoch, this.#signal).catch(error => {
      if (this.#signal.aborted) throw error;
      console.info(`The generator cannot run in this browser, so that the server draws: ${error.message}`);
      return new ServerGenerator(this.#run, epoch);
    });
    if (this.#signal.aborted || mine !== this.#opening) return generator.close();
    this.#generator = generator;
    await this.#setSeeds(this.#seeds);
  }

  /** Shows another label, where the run is conditional. */
  async setLabel(label) {
    this.#label = label;
    if (this.#generator) await this.#setSeeds(this.#seeds);
  }

  async #setSeeds(seeds) {
    const generator = this.#generator;
    this.#seeds = seeds;
    this.#failure = null;
    try {
      await generator.setSeeds(seeds, this.#signal);
      this.#draw();
      this.#moveTo(this.#at.x, this.#at.y);
      await this.#drawMap(generator);
    } catch (failure) {
      this.#fail(generator, failure);
    }
  }

  async #drawMap(generator) {
    const mine = ++this.#map;
    const map = this.#place.querySelector('canvas.map');
    for (let cell = 0; cell < cells * cells; cell++) {
      const [column, row] = [cell % cells, Math.floor(cell / cells)];
      const bitmap = await generator.draw(column / (cells - 1), row / (cells - 1), this.#label, this.#signal);
      if (mine !== this.#map || generator !== this.#generator || this.#signal.aborted) return;
      if (cell === 0) [map.width, map.height] = [bitmap.width * cells, bitmap.height * cells];
      map.getContext('2d').drawImage(bitmap, column * bitmap.width, row * bitmap.height);
    }
  }

  // Draws the newest place asked for, and skips those that have passed meanwhile.
  async #moveTo(x, y) {
    this.#at = this.#wanted = { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) };
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    clearTimeout(this.#rest);
    while (this.#wanted && this.#generator && !this.#signal.aborted) {
      const generator = this.#generator;
      const { x: left, y: top } = this.#wanted;
      this.#wanted = null;
      try {
        const bitmap = await generator.draw(left, top, this.#label, this.#signal);
        if (generator === this.#generator && !this.#signal.aborted) this.#paint(bitmap);
        await new Promise(requestAnimationFrame);
      } catch (failure) {
        this.#fail(generator, failure);
      }
    }
    this.#isDrawing = false;
    if (this.#signal.aborted) return;
    this.#draw();
    this.#rest = setTimeout(() => { this.#times = []; this.#draw(); }, rateOver);
  }

  // What a generator that was put away, or a view that was left, could not do is nobody's business.
  #fail(generator, failure) {
    if (this.#signal.aborted || generator !== this.#generator) return;
    this.#failure = failure;
    this.#draw();
  }

  #paint(bitmap) {
    const canvas = this.#place.querySelector('canvas.live');
    if (canvas.width !== bitmap.width) [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const now = performance.now();
    this.#times = [...this.#times.filter(time => now - time < rateOver), now];
    this.#draw();
  }

  #draw() {
    const { x, y } = this.#at;
    const move = event => {
      const box = event.currentTarget.getBoundingClientRect();
      this.#moveTo((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    };
    const press = event => {
      event.currentTarget.setPointerCapture(event.pointerId);
      move(event);
    };
    const submit = event => {
      event.preventDefault();
      this.#setSeeds(new FormData(event.target).getAll('corner').map(text => text.trim()));
    };
    render(html`
      ${this.#failure ? problem(this.#failure) : nothing}
      <div class="square">
        <div class="map-frame" @pointerdown=${press} @pointermove=${event => event.buttons && move(event)}>
          <canvas class="map pixels" aria-hidden="true"></canvas>
          <svg class="cursor" viewBox="0 0 100 100" aria-hidden="true"><circle cx=${x * 100} cy=${y * 100} r="3"></circle></svg>
        </div>
        <div>
          <canvas class="live pixels" role="img" aria-label="The picture at ${Math.round(x * 100)} % across and ${Math.round(y * 100)} % down"></canvas>
          <label>Across <input type="range" min="0" max="1" step="0.01" .value=${String(x)} @input=${event => this.#moveTo(event.target.valueAsNumber, this.#at.y)}></label>
          <label>Down <input type="range" min="0" max="1" step="0.01" .value=${String(y)} @input=${event => this.#moveTo(this.#at.x, event.target.valueAsNumber)}></label>
          <p class="hint" data-rate=${this.#times.length}>${this.#generator ? `Drawn ${this.#generator.where}${this.#times.length > 1 ? `, ${this.#times.length} in the last second` : ''}.` : 'Loading the generator …'}</p>
        </div>
      </div>
      <form class="inline" @submit=${submit}>
        <fieldset><legend>Seeds in the corners</legend>
          ${['top left', 'top right', 'bottom left', 'bottom right'].map((corner, place) => html`
            <input name="corner" inputmode="numeric" autocomplete="off" aria-label=${corner} value=${this.#seeds[place]}>`)}
        </fieldset>
        <button ?disabled=${!this.#generator}>Set</button>
      </form>`, this.#place);
  }
}
