// display/shared/live.js as it is, on a line and a clock that a test moves. In: lines {at, do, ...} with `at` in
// milliseconds; out: for each {hello, emitted, cards}, where `hello` is what a connection would begin with now. Run beside copies of live.js and rooms.js.

import readline from "node:readline";

let now = 0;
const timers = new Map();
let lastTimer = 0;

globalThis.setTimeout = (act, wait) => {
  timers.set((lastTimer += 1), { act, due: now + wait });
  return lastTimer;
};
globalThis.clearTimeout = (timer) => timers.delete(timer);
globalThis.window = globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
globalThis.location = { origin: "http://127.0.0.1" };

class Line {
  listeners = new Map();
  emitted = [];
  active = true;

  constructor(options) {
    this.auth = options.auth;
  }

  on(event, act) {
    this.listeners.set(event, act);
  }

  emit(event, message) {
    this.emitted.push({ event, message });
  }

  connect() {}

  close() {}

  happen(event, ...what) {
    this.listeners.get(event)?.(...what);
  }
}

const { Live } = await import("./live.js");
let line;
let live;

function start() {
  timers.clear();
  now = 0;
  live = new Live("token", { url: "http://127.0.0.1", connect: (_url, options) => (line = new Line(options)), now: () => now });
}

function advance(at) {
  for (;;) {
    const [next] = [...timers].filter(([, timer]) => timer.due <= at).sort(([, a], [, b]) => a.due - b.due);
    if (!next) break;
    timers.delete(next[0]);
    now = Math.max(now, next[1].due);
    next[1].act();
  }
  now = at;
}

const steps = {
  start: () => start(),
  wait: () => {},
  connect: () => line.happen("connect"),
  disconnect: ({ reason }) => line.happen("disconnect", reason),
  message: ({ message }) => line.happen(message.event, message),
};

for await (const text of readline.createInterface({ input: process.stdin })) {
  const step = JSON.parse(text);
  if (step.do !== "start") advance(step.at);
  steps[step.do](step);
  line.auth((hello) => {
    const told = { hello, emitted: line.emitted.splice(0), cards: live.cards };
    process.stdout.write(`${JSON.stringify(told)}\n`);
  });
}
