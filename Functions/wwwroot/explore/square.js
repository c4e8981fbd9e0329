// A square slice of latent space with a seed in each corner. Dragging the cursor across it updates the picture.
import { html, nothing, render } from '../lib/lit-html/lit-html.js';
import { problem } from '../parts/problem.js';
import { BrowserGenerator, ServerGenerator } from './generators.js';

const mapSize = 5; // pictures per row and column of the map
const rateWindow = 1000; // milliseconds

export class Square {
  #container;
  #run;
  #signal;
  #generator = null;
  #class = null; // { label, value }, or null if the run is not conditional
  #seeds = [1, 2, 3, 4];
  #cursor = { x: 0.5, y: 0.5 };
  #target = null; // the next position to generate
  #isDrawing = false;
  #times = []; // of the pictures in the rate window
  #rateTimer = null; // clears the rate when the cursor stops
  #mapVersion = 0; // a newer map stops an older one
  #openVersion = 0; // a generator that loads after a newer request is closed
  #failure = null;

  constructor(container, run, signal) {
    [this.#container, this.#run, this.#signal] = [container, run, signal];
    signal.addEventListener('abort', () => { this.#generator?.close(); clearTimeout(this.#rateTimer); });
  }

  /** Loads the generator of an epoch, in the browser if possible. */
  async open(epoch, drawnClass) {
    const version = ++this.#openVersion;
    this.#generator?.close();
    this.#generator = null;
    this.#class = drawnClass;
    this.#draw();
    const generator = await BrowserGenerator.load(this.#run, epoch, this.#signal).catch(error => {
      if (this.#signal.aborted) throw error;
      console.info(`The generator cannot run in this browser; falling back to the server: ${error.message}`);
      return new ServerGenerator(this.#run, epoch);
    });
    if (this.#signal.aborted || version !== this.#openVersion) return generator.close();
    this.#generator = generator;
    await this.#setSeeds(this.#seeds);
  }

  /** Switches the class of a conditional run. */
  async setClass(drawnClass) {
    this.#class = drawnClass;
    if (this.#generator) await this.#setSeeds(this.#seeds);
  }

  async #setSeeds(seeds) {
    const generator = this.#generator;
    this.#seeds = seeds;
    this.#failure = null;
    try {
      await generator.setSeeds(seeds, this.#signal);
      this.#draw();
      this.#moveTo(this.#cursor.x, this.#cursor.y);
      await this.#drawMap(generator);
    } catch (error) {
      this.#fail(generator, error);
    }
  }

  async #drawMap(generator) {
    const version = ++this.#mapVersion;
    const map = this.#container.querySelector('canvas.map');
    for (let cell = 0; cell < mapSize * mapSize; cell++) {
      const [column, row] = [cell % mapSize, Math.floor(cell / mapSize)];
      const bitmap = await generator.draw(column / (mapSize - 1), row / (mapSize - 1), this.#class, this.#signal);
      if (version !== this.#mapVersion || generator !== this.#generator || this.#signal.aborted) return;
      const [context, { width, height }] = [map.getContext('2d'), bitmap];
      if (cell === 0) {
        [map.width, map.height] = [width * mapSize, height * mapSize];
        context.fillRect(0, 0, map.width, map.height); // black until the pictures are generated
      }
      context.clearRect(column * width, row * height, width, height); // the picture may be transparent
      context.drawImage(bitmap, column * width, row * height);
    }
  }

  // Generates the latest position and skips any that were superseded while the generator was busy.
  async #moveTo(x, y) {
    this.#cursor = this.#target = { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) };
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    clearTimeout(this.#rateTimer);
    while (this.#target && this.#generator && !this.#signal.aborted) {
      const generator = this.#generator;
      const target = this.#target;
      this.#target = null;
      try {
        const bitmap = await generator.draw(target.x, target.y, this.#class, this.#signal);
        if (generator === this.#generator && !this.#signal.aborted) this.#paint(bitmap);
        await new Promise(requestAnimationFrame);
      } catch (error) {
        this.#fail(generator, error);
      }
    }
    this.#isDrawing = false;
    if (this.#signal.aborted) return;
    this.#draw();
    this.#rateTimer = setTimeout(() => { this.#times = []; this.#draw(); }, rateWindow);
  }

  // Ignores errors of a closed generator or of a view that the user has left.
  #fail(generator, error) {
    if (this.#signal.aborted || generator !== this.#generator) return;
    this.#failure = error;
    this.#draw();
  }

  #paint(bitmap) {
    const canvas = this.#container.querySelector('canvas.live');
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height]; // also clears it: the picture may be transparent
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const now = performance.now();
    this.#times = [...this.#times.filter(time => now - time < rateWindow), now];
    this.#draw();
  }

  #draw() {
    const { x, y } = this.#cursor;
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
          <canvas class="live pixels" role="img" aria-label="Picture at ${Math.round(x * 100)}% across, ${Math.round(y * 100)}% down"></canvas>
          <label>Across <input type="range" min="0" max="1" step="0.01" .value=${String(x)}
            @input=${event => this.#moveTo(event.target.valueAsNumber, this.#cursor.y)}></label>
          <label>Down <input type="range" min="0" max="1" step="0.01" .value=${String(y)}
            @input=${event => this.#moveTo(this.#cursor.x, event.target.valueAsNumber)}></label>
          <p class="hint" data-rate=${this.#times.length}>${this.#status()}</p>
        </div>
      </div>
      <form class="inline" @submit=${submit}>
        <fieldset><legend>Corner seeds</legend>
          ${['top left', 'top right', 'bottom left', 'bottom right'].map((corner, index) => html`
            <input name="corner" inputmode="numeric" autocomplete="off" aria-label=${corner} value=${this.#seeds[index]}>`)}
        </fieldset>
        <button ?disabled=${!this.#generator}>Apply</button>
      </form>`, this.#container);
  }

  #status() {
    if (!this.#generator) return 'Loading the generator …';
    const rate = this.#times.length > 1 ? `, ${this.#times.length} pictures/s` : '';
    return `Generated ${this.#generator.location}${rate}.`;
  }
}
