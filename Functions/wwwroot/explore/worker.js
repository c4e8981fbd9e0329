// Runs the generator in a thread of its own, so that the page stays quick.
import * as ort from '../lib/onnxruntime-web/dist/ort.wasm.min.mjs';

ort.env.wasm.numThreads = 1; // more would take a page that is isolated from other origins
ort.env.wasm.wasmPaths = new URL('../lib/onnxruntime-web/dist/', import.meta.url).href;

let session = null;

const calls = {
  async load({ model }) {
    session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ['wasm'] });
    return {};
  },

  // One picture from noise: RGBA, row by row.
  async draw({ noise, label }) {
    const inputs = { noise: new ort.Tensor('float32', noise, [1, noise.length]) };
    if (session.inputNames.includes('label')) inputs.label = new ort.Tensor('int64', BigInt64Array.of(BigInt(label)), [1]);
    const { pictures } = await session.run(inputs);
    const [, channels, side] = pictures.dims;
    const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
    for (let place = 0; place < side * side; place++) {
      for (let color = 0; color < 3; color++) {
        pixels[place * 4 + color] = Math.round((pictures.data[(channels === 1 ? 0 : color) * side * side + place] + 1) * 127.5);
      }
    }
    pictures.dispose();
    return { pixels, side };
  },
};

onmessage = async ({ data: { id, call, ...given } }) => {
  try {
    postMessage({ id, answer: await calls[call](given) });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
};
