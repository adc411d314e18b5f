// socket.io's half of `push.py`. In: one line with the patch to send, then lines "emit RATE SECONDS"; out: a line with the
// port, then for each of those {"emits", "cpu_s"}.

const { createServer } = require("node:http");
const readline = require("node:readline");
const { Server } = require("socket.io");

const web = createServer();
const io = new Server(web, { transports: ["websocket"], perMessageDeflate: false, pingInterval: 10000, pingTimeout: 10000 });
io.on("connection", (socket) => socket.join("staff"));

const now = () => Number(process.hrtime.bigint()) / 1e9;
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function cpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function emit(patch, rate, seconds) {
  const [began, spent, emits] = [now(), cpu(), Math.round(rate * seconds)];
  for (let n = 0; n < emits; n += 1) {
    const wait = began + n / rate - now();
    if (wait > 0) await sleep(wait);
    patch.seq += 1;
    patch.set.t = now();
    io.to("staff").emit("patch", patch);
  }
  await sleep(0.5);
  console.log(JSON.stringify({ emits, cpu_s: cpu() - spent }));
}

async function main() {
  const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const patch = JSON.parse((await lines.next()).value);
  web.listen(0, "127.0.0.1", () => console.log(web.address().port));
  for await (const line of lines) {
    const [, rate, seconds] = line.split(" ").map(Number);
    await emit(patch, rate, seconds);
  }
  process.exit(0);
}

main();
