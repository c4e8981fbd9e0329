// Counts the storage transactions of an idle app, on either host: a proxy between the app and a storage emulator that prints the number of requests of
// each kind every minute. Ctrl+C stops it.
//
//   node benchmarks/idle.mjs [blob port] [queue port] [table port]       the ports of the emulator; 10000 10001 10002 by default
//
// Start the app with AzureWebJobsStorage set to the connection string that the proxy prints first, and leave it idle. Ignore the first minute, which
// includes the start.
import http from "node:http";

const account = "devstoreaccount1";
const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const services = ["blob", "queue", "table"];
const ports = services.map((_, index) => Number(process.argv[2 + index] ?? 10000 + index));
let counts = {};

const proxies = await Promise.all(services.map((service, index) => new Promise((resolve) => {
  const proxy = http.createServer((request, response) => {
    const what = `${service} ${request.method} ${new URL(request.url, "http://x").pathname.split("/").slice(2, 4).join("/")}`;
    counts[what] = (counts[what] ?? 0) + 1;
    const forwarded = http.request(
      { host: "127.0.0.1", port: ports[index], method: request.method, path: request.url, headers: request.headers },
      (reply) => reply.pipe(response.writeHead(reply.statusCode, reply.headers)));
    forwarded.on("error", () => response.destroy());
    request.pipe(forwarded);
  });
  proxy.listen(0, "127.0.0.1", () => resolve(proxy.address().port));
})));

console.log(`DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};${services
  .map((service, index) => `${service[0].toUpperCase()}${service.slice(1)}Endpoint=http://127.0.0.1:${proxies[index]}/${account};`).join("")}`);
setInterval(() => {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  console.log(`\n${total} transactions in the last minute`);
  for (const [what, count] of Object.entries(counts).sort((a, b) => b[1] - a[1])) {
    console.log(`${String(count).padStart(5)}  ${what}`);
  }
  counts = {};
}, 60_000);
