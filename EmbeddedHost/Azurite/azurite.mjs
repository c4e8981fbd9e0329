// Azurite's blob, queue and table services as a child process of the app, which holds the other end of stdin. Unlike Azurite's own
// program it ignores Ctrl+C (the app still has commits to make), ends when stdin and all connections to its control port are
// closed (so also when the apps are killed), does not wait for keep-alive connections, and exits only after every acknowledged
// write is on disk. After a power failure, or if it is killed itself, all three services are as they were at one moment of the
// last seconds. It sends no telemetry.
//
//   node azurite.mjs --location <folder> [--blobPort 10000] [--queuePort 10001] [--tablePort 10002]     (0: a free port)
//                    [--certificate <pem> --key <pem>]     (HTTPS, and Microsoft Entra tokens instead of account keys)
//
// Prints {"pid":…,"blob":…,"queue":…,"table":…,"control":…} when it is ready, and writes the same to azurite.pid.json in the folder.
// Every other process that uses it keeps a connection to the control port open; one byte on the connection confirms that the process
// counts. If stdin closes before these connections do, it prints "still in use".
// Exit code 3: another Azurite uses the same folder.
import { once } from "node:events";
import fs from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";

const drainMilliseconds = 10_000;
const saveMilliseconds = 5_000;
const transactionMilliseconds = 1_000; // the longest wait for pending requests of the table service before a save
const keepAliveSeconds = 120; // longer than clients keep idle connections, so that a client never reuses a closed one
const services = { blob: 10000, queue: 10001, table: 10002 };
const { values } = parseArgs({
  options: {
    location: { type: "string" },
    certificate: { type: "string", default: "" },
    key: { type: "string", default: "" },
    ...Object.fromEntries(Object.entries(services).map(([name, port]) => [`${name}Port`, { type: "string", default: `${port}` }])),
  },
});
const location = path.resolve(values.location);
const stateFile = path.join(location, "azurite.pid.json");
const saveFile = path.join(location, "azurite.save.json"); // the databases whose new contents are complete
const state = { pid: process.pid };

const pending = Object.fromEntries(Object.keys(services).map((name) => [name, new Set()]));
const servers = {};
let tablesHeld = Promise.resolve(); // until a save has seen a moment without a transaction
let saved = Promise.resolve();
let ending = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
  process.on(signal, () => {});
}
// The app may have ended, and with it the readers of both pipes.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
console.log = console.error;
process.on("uncaughtException", (error) => end(1, error));

const connections = new Set();
const control = net.createServer((socket) => {
  connections.add(socket);
  socket.on("error", () => {}).on("close", () => connections.delete(socket) && control.emit("left"));
  socket.resume().write("+");
});
const stdinClosed = new Promise((resolve) => process.stdin.resume().on("error", resolve).on("close", resolve));

lock();
try {
  completeSave();
  for (const [name, server] of Object.entries(createServers())) {
    trackRequests(name, server.httpServer);
    await server.start();
    databasesOf(server).forEach((db) => db.autosaveDisable());
    servers[name] = server;
    state[name] = server.httpServer.address().port;
    server.httpServer.on("close", () => ending || end(1, new Error(`Azurite closed its ${name} service`)));
  }
} catch (error) {
  await end(1, new Error(explain(error)));
}
control.listen(0, "127.0.0.1");
await once(control, "listening");
state.control = control.address().port;
fs.writeFileSync(`${stateFile}~`, JSON.stringify(state));
fs.renameSync(`${stateFile}~`, stateFile);
process.stdout.write(`${JSON.stringify(state)}\n`);
saveRegularly();
await stdinClosed;
if (connections.size > 0) {
  process.stdout.write("still in use\n");
}
while (connections.size > 0) {
  await once(control, "left");
}
control.close();
await end(0);

function createServers() {
  const require = createRequire(import.meta.url);
  const load = (name) => require(`azurite/dist/src/${name}`).default;
  const extents = (name) => [{ locationId: "Default", locationPath: path.join(location, name), maxConcurrency: 50 }];
  const loki = (name) => path.join(location, `__azurite_db_${name}__.json`);
  const options = (name) => ["127.0.0.1", Number(values[`${name}Port`]), keepAliveSeconds];
  const [quiet, noDebug, strict, skipApiVersionCheck] = [false, false, false, true];
  const access = [strict, skipApiVersionCheck, values.certificate, values.key, "", values.certificate ? "basic" : undefined];
  delete process.env.AZURITE_ACCOUNTS; // only the well-known account
  return {
    blob: new (load("blob/BlobServer"))(new (load("blob/BlobConfiguration"))(...options("blob"),
      loki("blob"), loki("blob_extent"), extents("__blobstorage__"), quiet, undefined, noDebug, undefined, ...access)),
    queue: new (load("queue/QueueServer"))(new (load("queue/QueueConfiguration"))(...options("queue"),
      loki("queue"), loki("queue_extent"), extents("__queuestorage__"), quiet, undefined, noDebug, undefined, ...access)),
    table: new (load("table/TableServer"))(new (load("table/TableConfiguration"))(...options("table"),
      loki("table"), noDebug, quiet, undefined, undefined, ...access)),
  };
}

/** One line about an error at the start. */
function explain(error) {
  const [line] = error.message.split("\n"); // Node.js lists the files that wanted a missing module below it
  switch (error.code) {
    case "EADDRINUSE":
      return `Port ${error.port} of 127.0.0.1 is taken by another program. End it, or set AzureWebJobsStorage to another storage account.`;
    case "MODULE_NOT_FOUND":
      return `${line}. Run 'npm ci' in ${process.cwd()}.`;
    default:
      return line;
  }
}

/** Tracks pending requests. Once the process is ending, drops new ones without a response. */
function trackRequests(name, httpServer) {
  const [handle] = httpServer.listeners("request");
  httpServer.removeAllListeners("request");
  httpServer.on("request", async (request, response) => {
    if (name === "table") {
      await tablesHeld;
    }
    if (ending) {
      request.socket.destroy();
      return;
    }
    pending[name].add(response);
    response.once("close", () => pending[name].delete(response));
    handle(request, response);
  });
}

async function end(code, error) {
  if (error) {
    console.error(error.message);
  }
  if (ending) {
    return;
  }
  ending = true;
  try {
    await drain();
    await save();
    fs.rmSync(stateFile, { force: true });
  } catch (failure) {
    console.error(failure);
    code = 1;
  }
  process.exit(code);
}

async function drain() {
  for (const { httpServer } of Object.values(servers)) {
    httpServer.close();
    httpServer.closeIdleConnections();
  }
  await Promise.all(Object.values(pending).map((requests) => none(requests, drainMilliseconds)));
}

/** Waits until none of these requests is pending, but not forever. */
async function none(requests, milliseconds) {
  for (const start = performance.now(); requests.size > 0 && performance.now() - start < milliseconds;) {
    await delay(5);
  }
}

async function saveRegularly() {
  while (!ending) {
    await delay(saveMilliseconds);
    await save().catch((error) => console.error(`The storage could not be saved: ${error.message}`));
  }
}

/** Saves what has changed since the last save, after the save that is running. */
function save() {
  saved = saved.catch(() => {}).then(saveChanges);
  return saved;
}

/**
 * Saves the databases that have changed, all as they are at the same moment. Azurite would save each of them on a timer of its own, so that after a kill
 * an orchestration could wait for a message that had been taken from its queue.
 */
async function saveChanges() {
  const changed = () => Object.values(servers).flatMap(databasesOf).filter((db) => db.autosaveDirty());
  if (changed().length === 0) {
    return;
  }
  let release;
  let databases;
  let contents;
  tablesHeld = new Promise((resolve) => (release = resolve));
  try {
    await none(pending.table, transactionMilliseconds); // Azurite carries out the operations of a transaction one after the other
    databases = changed();
    contents = databases.map((db) => db.serialize());
    databases.forEach((db) => db.autosaveClearFlags());
  } finally {
    release();
  }
  try {
    fs.rmSync(saveFile, { force: true }); // left by a save that has failed
    const names = databases.map((db) => path.basename(db.filename));
    await Promise.all(names.map((name, index) => fs.promises.writeFile(newFile(name), contents[index], { flush: true })));
    fs.writeFileSync(`${saveFile}~`, JSON.stringify(names), { flush: true });
    fs.renameSync(`${saveFile}~`, saveFile);
    completeSave();
  } catch (error) {
    databases.flatMap((db) => db.collections).forEach((collection) => (collection.dirty = true));
    throw error;
  }
}

/** Replaces the databases by what the last save has written, if it has written everything. Can be repeated if it is interrupted. */
function completeSave() {
  if (!fs.existsSync(saveFile)) {
    return;
  }
  for (const name of JSON.parse(fs.readFileSync(saveFile, "utf8")).filter((name) => fs.existsSync(newFile(name)))) {
    fs.renameSync(newFile(name), path.join(location, name));
  }
  fs.rmSync(saveFile);
}

function newFile(database) {
  return path.join(location, `${database}.new`);
}

function databasesOf(server) {
  return [server.extentMetadataStore, server.metadataStore].filter(Boolean).map((store) => store.db);
}

function lock() {
  fs.mkdirSync(location, { recursive: true });
  const mine = `${stateFile}.${process.pid}`;
  fs.writeFileSync(mine, JSON.stringify(state));
  for (;;) {
    try {
      fs.linkSync(mine, stateFile); // atomic
      fs.rmSync(mine);
      return;
    } catch (error) {
      if (error.code !== "EEXIST") {
        throw error;
      }
    }
    const other = lockOwner();
    if (other) {
      fs.rmSync(mine);
      console.error(`${location} is in use by the Azurite of process ${other}.`);
      process.exit(3);
    }
    fs.rmSync(stateFile, { force: true });
  }
}

function lockOwner() {
  try {
    const { pid } = JSON.parse(fs.readFileSync(stateFile, "utf8"));
    if (process.platform === "linux") {
      return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("azurite.mjs") && pid;
    }
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
