// The two ways to generate a picture between four seeds: in the browser, or on the server when the browser cannot run the model.
import { get, getBlob, getBytes } from '../api.js';
import { slerpInSquare } from './slerp.js';

/** The run's generator, exported as ONNX and executed in a web worker. */
export class BrowserGenerator {
  location = 'in the browser';
  #worker;
  #calls = new Map();
  #corners = [];

  /** Throws if the browser cannot run the generator. */
  static async load(run, epoch, signal) {
    const generator = new BrowserGenerator();
    try {
      const model = await getBytes(`runs/${run}/checkpoints/${epoch}/generator`, { query: { format: 'onnx' }, signal });
      await generator.#call('load', { model }, [model]);
      return generator;
    } catch (error) {
      generator.close();
      throw error;
    }
  }

  constructor() {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    this.#worker.onmessage = ({ data: { id, result, error } }) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      error === undefined ? call.resolve(result) : call.reject(new Error(error));
    };
    this.#worker.onerror = event => this.#rejectAll(event.message ?? 'The worker failed.');
  }

  async setSeeds(seeds, signal) {
    this.#corners = (await get('noise', { query: { seeds: seeds.join(',') }, signal })).noise;
  }

  /** The picture of a class at (x, y) between the corner seeds, as an ImageBitmap. */
  async draw(x, y, drawnClass) {
    const { pixels, side } = await this.#call('draw', { noise: slerpInSquare(this.#corners, x, y), label: drawnClass?.label ?? 0 });
    return createImageBitmap(new ImageData(pixels, side, side));
  }

  /** Terminates the worker and rejects pending calls. */
  close() {
    this.#worker.terminate();
    this.#rejectAll('The generator is closed.');
  }

  #rejectAll(message) {
    for (const call of this.#calls.values()) call.reject(new Error(message));
    this.#calls.clear();
  }

  #call(method, parameters, transfer = []) {
    const id = crypto.getRandomValues(new Uint32Array(1))[0];
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, ...parameters }, transfer);
    });
  }
}

/** The same pictures from the server, one request per picture. */
export class ServerGenerator {
  location = 'on the server';
  #run;
  #epoch;
  #seeds = [];

  constructor(run, epoch) {
    [this.#run, this.#epoch] = [run, epoch];
  }

  async setSeeds(seeds) {
    this.#seeds = seeds;
  }

  async draw(x, y, drawnClass, signal) {
    const query = { seeds: this.#seeds.join(','), x: x.toFixed(4), y: y.toFixed(4), epoch: this.#epoch, label: drawnClass?.value, scale: 1 };
    return createImageBitmap(await getBlob(`runs/${this.#run}/between`, { query, signal }));
  }

  close() {}
}
