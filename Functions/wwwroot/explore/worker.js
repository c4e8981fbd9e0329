// Runs the generator in a web worker to keep the page responsive.
import * as ort from '../lib/onnxruntime-web/dist/ort.wasm.min.mjs';

ort.env.wasm.numThreads = 1; // more threads require a cross-origin isolated page
ort.env.wasm.wasmPaths = new URL('../lib/onnxruntime-web/dist/', import.meta.url).href;

let session = null;

const methods = {
  async load({ model }) {
    session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ['wasm'] });
    return {};
  },

  // Generates one picture: RGBA, row-major. The colours of a generator with four channels are premultiplied by alpha; those of a canvas are not.
  async draw({ noise, label }) {
    const inputs = { noise: new ort.Tensor('float32', noise, [1, noise.length]) };
    if (session.inputNames.includes('label')) inputs.label = new ort.Tensor('int64', BigInt64Array.of(BigInt(label)), [1]);
    const { pictures } = await session.run(inputs);
    const [, channels, side] = pictures.dims;
    const pixels = new Uint8ClampedArray(side * side * 4);
    const valueAt = (channel, pixel) => Math.round((pictures.data[channel * side * side + pixel] + 1) * 127.5);
    for (let pixel = 0; pixel < side * side; pixel++) {
      const alpha = channels === 4 ? valueAt(3, pixel) : 255;
      for (let color = 0; color < 3; color++) {
        pixels[pixel * 4 + color] = alpha === 0 ? 0 : valueAt(channels === 1 ? 0 : color, pixel) * 255 / alpha; // the array rounds and limits it to 255
      }
      pixels[pixel * 4 + 3] = alpha;
    }
    pictures.dispose();
    return { pixels, side };
  },
};

onmessage = async ({ data: { id, method, ...parameters } }) => {
  try {
    postMessage({ id, result: await methods[method](parameters) });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
};
