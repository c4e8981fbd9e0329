// What draws the picture at a place between four seeds: the generator in the browser, or the server where that cannot be.
import { bytes, get, picture } from '../api.js';
import { inSquare } from './arc.js';

/** The run's own generator, exported as ONNX, in a worker. Draws a bitmap. */
export class BrowserGenerator {
  where = 'in this browser';
  #worker;
  #calls = new Map();
  #corners = [];

  /** Throws where the browser cannot run it. */
  static async load(run, epoch, signal) {
    const generator = new BrowserGenerator();
    try {
      const model = await bytes(`runs/${run}/checkpoints/${epoch}/generator`, { query: { format: 'onnx' }, signal });
      await generator.#call('load', { model }, [model]);
      return generator;
    } catch (error) {
      generator.close();
      throw error;
    }
  }

  constructor() {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data: { id, answer, error } }) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      error === undefined ? call.resolve(answer) : call.reject(new Error(error));
    };
    this.#worker.onerror = event => this.#giveUp(event.message ?? 'The worker failed.');
  }

  async setSeeds(seeds, signal) {
    this.#corners = (await get('noise', { query: { seeds: seeds.join(',') }, signal })).noise;
  }

  async draw(x, y, label) {
    const { pixels, side } = await this.#call('draw', { noise: inSquare(this.#corners, x, y), label: label ?? 0 });
    return createImageBitmap(new ImageData(pixels, side, side));
  }

  /** Ends the worker. Who still waits for it is told. */
  close() {
    this.#worker.terminate();
    this.#giveUp('The generator was put away.');
  }

  #giveUp(why) {
    for (const call of this.#calls.values()) call.reject(new Error(why));
    this.#calls.clear();
  }

  #call(call, given, transfer = []) {
    const id = crypto.getRandomValues(new Uint32Array(1))[0];
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call, ...given }, transfer);
    });
  }
}

/** The same pictures, one request each. */
export class ServerGenerator {
  where = 'by the server';
  #run;
  #epoch;
  #seeds = [];

  constructor(run, epoch) {
    [this.#run, this.#epoch] = [run, epoch];
  }

  async setSeeds(seeds) {
    this.#seeds = seeds;
  }

  async draw(x, y, label, signal) {
    const query = { seeds: this.#seeds.join(','), x: x.toFixed(4), y: y.toFixed(4), epoch: this.#epoch, label, scale: 1 };
    return createImageBitmap(await picture(`runs/${this.#run}/between`, { query, signal }));
  }

  close() {}
}
