// The whole API, from outside, on whichever host serves it:
//
//   node tests/e2e/e2e.mjs http://localhost:7071 [--key <function key>] [--patience <seconds>]
//
// Starts trainings of its own on the built-in digits, and removes them. With a key it also checks that nothing answers without one.
// Exit code 0 when all went well.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { key: { type: "string" }, patience: { type: "string", default: "300" } },
});
if (positionals.length !== 1) {
  console.error("usage: node e2e.mjs <base url> [--key <function key>] [--patience <seconds>]");
  process.exit(2);
}
const base = new URL(positionals[0]);
const patience = Number(values.patience) * 1000;
const name = `e2e-${randomBytes(4).toString("hex")}`;
const [short, long, failing, measured, moved] = ["short", "long", "failing", "measured", "moved"].map((kind) => `${name}-${kind}`);

/** A training of seconds: two epochs of ten steps. One thread does not wait for another on a busy machine. */
const shortRun = { run: short, dataset: "digits", epochs: 2, imagesPerEpoch: 160, batchSize: 16, logEvery: 5, qualitySamples: 0, threads: 1 };

/** A training whose discriminator saturates at once: its gradients vanish, and Adam divides by next to nothing. */
const hopelessRun = { ...shortRun, run: failing, imagesPerEpoch: 1600, learningRate: 1000, beta2: 0, adamEpsilon: 1e-12, labelSmoothing: 0 };

/** A training whose epoch takes minutes. */
const longRun = { run: long, dataset: "digits", epochs: 3, batchSize: 32, qualitySamples: 0, threads: 1 };

async function call(method, path, { body, form, headers = {}, key = values.key } = {}) {
  const response = await fetch(new URL(path, base), {
    method,
    headers: { ...headers, ...(key && { "x-functions-key": key }), ...(body && { "content-type": "application/json" }) },
    body: form ?? (body && JSON.stringify(body)),
  });
  const bytes = await response.arrayBuffer(); // always: an unread body holds its connection, and this process with it, for minutes
  return new Response([204, 304].includes(response.status) ? null : bytes, response);
}

/** A file of the IDX format with bytes in it. */
function idx(...sizes) {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(0x0800 + sizes.length);
  sizes.forEach((size, index) => header.writeUInt32BE(size, 4 + 4 * index));
  return new Blob([header, Buffer.alloc(sizes.reduce((product, size) => product * size, 1))]);
}

/** The JSON of an answer that must have the status. */
async function json(method, path, status, options) {
  const response = await call(method, path, options);
  const text = await response.text();
  assert.equal(response.status, status, `${method} ${path}: ${text}`);
  return text && JSON.parse(text);
}

/** Problem details (RFC 9457) with the status, whose text has every part. */
async function problem(method, path, status, parts, options) {
  const response = await call(method, path, options);
  const text = await response.text();
  assert.equal(response.status, status, `${method} ${path}: ${text}`);
  assert.match(response.headers.get("content-type"), /^application\/problem\+json/);
  for (const part of parts) assert.ok(JSON.stringify(JSON.parse(text)).includes(part), `${method} ${path}: '${part}' is not in ${text}`);
}

/** Asks again and again until an answer will do; a run that failed does not get better by waiting. */
async function until(what, ask, isEnough, milliseconds = patience) {
  const began = performance.now();
  for (;;) {
    const answer = await ask();
    if (isEnough(answer)) return { answer, took: performance.now() - began };
    assert.ok(answer.state !== "failed", `${what}: the run failed: ${answer.error}`);
    assert.ok(performance.now() - began < milliseconds, `${what}: not within ${milliseconds / 1000} s, but ${JSON.stringify(answer)}`);
    await delay(200);
  }
}

const view = (run) => json("GET", `/api/runs/${run}`, 200);
const untilState = (run, state, milliseconds) => until(`${run} to be ${state}`, () => view(run), (seen) => seen.state === state, milliseconds);

/** Uploads a data set and waits until it is converted. */
async function upload(form) {
  await json("PUT", `/api/datasets/${name}`, 202, { form });
  const ask = () => json("GET", `/api/datasets/${name}`, 200);
  const { answer } = await until(`${name} to be converted`, ask, ({ conversion }) => ["ready", "failed"].includes(conversion.state));
  assert.equal(answer.conversion.state, "ready", answer.conversion.error);
  return answer;
}

before(async () => {
  await until("health", () => call("GET", "/api/health").catch((error) => error), (answer) => answer.status === 200);
});

after(async () => {
  for (const run of [short, long, failing, measured, moved]) {
    await call("POST", `/api/runs/${run}/cancel`);
    await until(`${run} to be gone`, () => call("DELETE", `/api/runs/${run}`), (answer) => answer.status === 404);
  }
  await call("DELETE", `/api/datasets/${name}`);
});

test("what is wrong with a request is said, all of it", async () => {
  await problem("POST", "/api/runs", 400, ["epochs: 0", "batchSize", "nonsense", "from 1 to 99999"], {
    body: { epochs: 0, batchSize: "many", nonsense: 1 },
  });
  await problem("GET", `/api/runs/${name}-none`, 404, [`${name}-none`]);
  await problem("GET", "/api/samples?count=0&nonsense=1", 400, ["count", "nonsense", "from 1 to 1024"]);
});

test("every call of its contract is there, and refuses what the contract does not have", async () => {
  const { openapi, paths } = await json("GET", "/api/openapi.json", 200);
  assert.match(openapi, /^3\.1\./);
  for (const [path, calls] of Object.entries(paths)) {
    const address = path.replace("{epoch}", "latest").replace(/\{\w+\}/, `${name}-none`);
    for (const [method, { responses }] of Object.entries(calls)) {
      if (!responses[400]) continue;
      const body = method === "post" ? { epochs: 1 } : undefined;
      await problem(method.toUpperCase(), `${address}?nonsense=1`, 400, ["nonsense is not a parameter here"], { body });
    }
  }
});

test("a dry run says what the options come to", async () => {
  const options = await json("POST", "/api/runs?dryRun=true", 200, { body: { ...shortRun, preset: "tutorial" } });
  assert.equal(options.labelNoise, 0.05);
  await json("GET", `/api/runs/${short}`, 404);
});

test("a run starts once", async () => {
  const response = await call("POST", "/api/runs", { body: shortRun });
  assert.equal(response.status, 202, await response.clone().text());
  assert.equal(response.headers.get("location"), `/api/runs/${short}`);
  assert.equal((await response.json()).run, short);
  await problem("POST", "/api/runs", 409, [`/api/runs/${short}`], { body: shortRun });
});

test("it shows its progress and completes", async () => {
  const { answer: moving } = await until("a first step", () => view(short), (seen) => seen.progress.step > 0 || seen.state === "completed");
  assert.equal(moving.progress.stepsPerEpoch, 10);
  const { answer: done } = await untilState(short, "completed");
  assert.equal(done.progress.fraction, 1);
  assert.equal(done.progress.epoch, 2);
  assert.ok(done.imagesPerSecond > 0 && Number.isFinite(done.losses.discriminator));
  const { runs } = await json("GET", "/api/runs?state=completed", 200);
  assert.ok(runs.some((run) => run.run === short));
});

test("its losses come as JSON and as CSV", async () => {
  const losses = await json("GET", `/api/runs/${short}/losses`, 200);
  assert.deepEqual(losses.epochs.map((row) => row.epoch), [1, 2]);
  assert.deepEqual(losses.steps.map((row) => row.step), [5, 10, 5, 10]);
  const csv = await call("GET", `/api/runs/${short}/losses`, { headers: { accept: "text/csv" } });
  assert.match(csv.headers.get("content-type"), /^text\/csv/);
  assert.equal((await csv.text()).trim().split("\n").length, 1 + 4 + 2);
});

test("its pictures come as PNG, the same for the same request", async () => {
  const path = `/api/runs/${short}/samples?count=16&seed=7`;
  const response = await call("GET", path);
  const png = Buffer.from(await response.arrayBuffer());
  assert.equal(response.status, 200);
  assert.deepEqual([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  assert.deepEqual(Buffer.from(await (await call("GET", path)).arrayBuffer()), png);
  assert.equal((await call("GET", path, { headers: { "if-none-match": response.headers.get("etag") } })).status, 304);
  assert.equal((await call("GET", "/api/samples")).headers.get("content-type"), "image/png");
  await problem("GET", `/api/runs/${short}/samples?epoch=9`, 404, ["Epoch 9"]);
  await problem("GET", `/api/runs/${short}/samples?epoch=best`, 409, ["qualitySamples"]); // it does not measure quality
});

test("its pictures come in other forms: a grid of each epoch, a timelapse, a place between seeds, what is near, and the noise", async () => {
  assert.deepEqual((await json("GET", `/api/runs/${short}/grids`, 200)).epochs, [1, 2]);
  const types = {
    [`/api/runs/${short}/grids/latest?side=3&scale=1`]: "image/png",
    [`/api/runs/${short}/timelapse`]: "image/gif",
    [`/api/runs/${short}/walk?count=1&frames=4&format=webp`]: "image/webp",
    [`/api/runs/${short}/between?seeds=1,2,3,4&x=0.5&y=0.5`]: "image/png",
    [`/api/runs/${short}/samples?count=2&format=npy`]: "application/x-npy",
    [`/api/runs/${short}/samples?count=2&format=zip`]: "application/zip",
    [`/api/runs/${short}/losses?format=svg`]: "image/svg+xml",
  };
  for (const [path, type] of Object.entries(types)) {
    const answer = await call("GET", path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get("content-type").split(";")[0], type, path);
  }
  assert.equal((await json("GET", "/api/noise?seeds=1", 200)).noise[0].length, 100);
});

test("it moves: what is exported can be imported under another name", async () => {
  const exported = await call("GET", `/api/runs/${short}/export`);
  const archive = await exported.arrayBuffer();
  assert.deepEqual([exported.status, exported.headers.get("content-type")], [200, "application/zip"]);
  const imported = await json("PUT", `/api/runs/${moved}/import`, 201, { form: new Blob([archive]) });
  assert.deepEqual([imported.run, imported.state, imported.progress.epoch], [moved, "completed", 2]);
  await problem("PUT", `/api/runs/${moved}/import`, 409, ["already"], { form: new Blob([archive]) });
  const [one, other] = await Promise.all([short, moved].map(async (run) => (await call("GET", `/api/runs/${run}/samples?count=4`)).arrayBuffer()));
  assert.deepEqual(Buffer.from(other), Buffer.from(one));
  await json("DELETE", `/api/runs/${moved}`, 204);
});

test("what it answers to GET it answers to HEAD, without the body", async () => {
  for (const path of [`/api/runs/${short}`, `/api/runs/${short}/samples?count=1`, `/api/runs/${short}/events`, "/api/runs/nobody", "/api/health", "/"]) {
    const [got, headed] = [await call("GET", path), await call("HEAD", path)];
    const told = (response) => [response.status, ...["content-type", "etag", "cache-control"].map((header) => response.headers.get(header))];
    assert.deepEqual(told(headed), told(got), path);
    assert.equal((await headed.arrayBuffer()).byteLength, 0);
  }
});

test("its events end once it rests", async () => {
  const answer = await call("GET", `/api/runs/${short}/events`);
  assert.match(answer.headers.get("content-type"), /^text\/event-stream/);
  const text = await answer.text();
  assert.match(text, /event: run\ndata: \{.*"state":"completed"/);
  assert.match(text, /event: end\ndata: at rest/);
});

test("the page is served, and nothing that is not its own", async () => {
  for (const [path, type] of [["/", "text/html"], ["/page/app.js", "text/javascript"], ["/page/lib/lit-html/lit-html.js", "text/javascript"]]) {
    const answer = await call("GET", path, { key: null });
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get("content-type"), new RegExp(`^${type}`));
    assert.match(answer.headers.get("content-security-policy"), /default-src 'none'/);
  }
  assert.equal((await call("GET", "/page/..%2fhost.json", { key: null })).status, 404);
});

test("its generator is what its checkpoint says", async () => {
  const { checkpoints } = await json("GET", `/api/runs/${short}/checkpoints`, 200);
  assert.deepEqual(checkpoints.map((checkpoint) => checkpoint.epoch), [1, 2]);
  const file = Buffer.from(await (await call("GET", `/api/runs/${short}/checkpoints/2/generator`)).arrayBuffer());
  assert.equal(createHash("sha256").update(file).digest("hex"), checkpoints[1].generator.sha256);
});

test("its files are what its card says", async () => {
  const card = await json("GET", `/api/runs/${short}/checkpoints/latest/card`, 200);
  assert.deepEqual([card.epoch, card.architecture.name, card.training.epochs], [2, "compact-28x28x1", 2]);
  assert.deepEqual(card.files.map((file) => file.format), ["safetensors", "onnx", "onnx"]);
  for (const { href, sha256 } of card.files) {
    const response = await call("GET", href);
    assert.equal(createHash("sha256").update(Buffer.from(await response.arrayBuffer())).digest("hex"), sha256);
    assert.equal((await call("GET", href, { headers: { "if-none-match": response.headers.get("etag") } })).status, 304);
  }
  await problem("GET", `/api/runs/${short}/checkpoints/1/generator?format=onnx&weights=both`, 400, ["both", "ema, raw"]);
});

test("it can be extended", async () => {
  await problem("POST", `/api/runs/${short}/extend`, 400, ["epochs"], { body: {} });
  await json("POST", `/api/runs/${short}/extend`, 202, { body: { epochs: 1 } });
  const { answer } = await untilState(short, "completed");
  assert.equal(answer.progress.epoch, 3);
});

test("what its state does not allow is a 409 that names it", async () => {
  await problem("POST", `/api/runs/${short}/pause`, 409, ["completed"]);
  await problem("POST", `/api/runs/${short}/resume`, 409, ["completed"]);
});

test("a run in mid-epoch pauses, resumes from there, and is cancelled", async (t) => {
  await json("POST", "/api/runs", 202, { body: longRun });
  await until("a first step", () => view(long), (seen) => seen.progress.step > 0);
  await problem("DELETE", `/api/runs/${long}`, 409, ["training"]);

  await json("POST", `/api/runs/${long}/pause`, 202);
  const { answer: paused, took: toPause } = await untilState(long, "paused");
  assert.ok(paused.checkpoint && paused.progress.step > 0 && paused.progress.step < paused.progress.stepsPerEpoch);

  await json("POST", `/api/runs/${long}/resume`, 202);
  const { answer: resumed } = await until("a later step", () => view(long), (seen) => seen.progress.step > paused.progress.step);
  assert.equal(resumed.progress.epoch, paused.progress.epoch);

  await json("POST", `/api/runs/${long}/cancel`, 202);
  const { took: toCancel } = await untilState(long, "cancelled");
  assert.ok((await json("GET", `/api/runs/${long}/checkpoints`, 200)).checkpoints.length > 0);
  t.diagnostic(`paused after ${(toPause / 1000).toFixed(1)} s, cancelled after ${(toCancel / 1000).toFixed(1)} s`);
});

test("it is deleted whole", async () => {
  for (const run of [short, long]) {
    await json("DELETE", `/api/runs/${run}`, 204);
    for (const path of ["", "/losses", "/samples", "/checkpoints"]) await problem("GET", `/api/runs/${run}${path}`, 404, [run]);
  }
});

test("a run that diverges fails with the reason", async () => {
  await json("POST", "/api/runs", 202, { body: hopelessRun });
  const { answer } = await untilState(failing, "failed");
  assert.match(answer.error, /^The training diverged: .+ epoch 1, step \d+/);
  await json("DELETE", `/api/runs/${failing}`, 204);
});

test("the pictures of a run are measured, and those of its best epoch served", async () => {
  const form = new FormData();
  form.append("images", idx(300, 28, 28), "train-images-idx3-ubyte");
  await upload(form);
  await json("POST", "/api/runs", 202, { body: { run: measured, dataset: name, epochs: 2, batchSize: 32, qualitySamples: 100, threads: 1 } });
  const { answer } = await untilState(measured, "completed");
  assert.ok(answer.quality.frechetDistance >= answer.best.frechetDistance && Array.isArray(answer.warnings));
  assert.equal((await call("GET", `/api/runs/${measured}/samples?epoch=best`)).status, 200);
  const { epochs } = await json("GET", `/api/runs/${measured}/losses`, 200);
  assert.ok(epochs.every((row) => Number.isFinite(row.frechetDistance)));
  await json("DELETE", `/api/runs/${measured}`, 204);
  await json("DELETE", `/api/datasets/${name}`, 204);
});

test("a data set can be brought along, and a run that does not fit it is refused in words", async () => {
  const form = new FormData();
  form.append("images", idx(40, 28, 28), "train-images-idx3-ubyte");
  form.append("labels", idx(40), "train-labels-idx1-ubyte");
  const stored = await upload(form);
  assert.deepEqual([stored.train, stored.test], [36, 4]);
  const preview = await call("GET", `/api/datasets/${name}/preview`);
  assert.deepEqual([preview.status, preview.headers.get("content-type")], [200, "image/png"]);
  const { errors } = await json("POST", "/api/runs", 400, { body: { run: failing, dataset: name, batchSize: 64 } });
  assert.match(errors.batchSize[0], /from 2 to 36, the number of training pictures/);
  const fitted = await json("POST", "/api/runs?dryRun=true", 200, { body: { dataset: name } });
  assert.equal(fitted.batchSize, 36);
  await json("DELETE", `/api/datasets/${name}`, 204);
});

test("nothing but health and the page answers without the key", { skip: !values.key && "no --key was given" }, async () => {
  for (const key of [null, "wrong"]) {
    assert.equal((await call("GET", "/api/runs", { key })).status, 401);
    assert.equal((await call("POST", "/api/runs", { key, body: shortRun })).status, 401);
    assert.equal((await call("GET", "/api/health", { key })).status, 200);
  }
  assert.equal((await call("GET", `/api/runs?code=${encodeURIComponent(values.key)}`, { key: null })).status, 200);
});
