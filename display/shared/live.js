// The line to the store: a Socket.IO client over websocket only, that holds `Rooms` right and says since when it is cut.
// Dispatches "change" (cards differ), "line" (online or not) and "refused" (this device is not, or no longer, paired).

import { io } from "socket.io-client";

import { hear } from "./clock.js";
import { Rooms } from "./rooms.js";

// Three attempts within the ten seconds somebody waits with a thumb on the button; the key makes them one command.
const ATTEMPTS = 3;
const ACK_TIMEOUT_MS = 3000;
// The right state within a second of the line being back: a tablet tries again this often, and at once when it wakes.
const RETRY_MS = 250;
const RETRY_AT_MOST_MS = 600;
// A gap is asked about once; when the answer itself is lost, again after this long.
const RESUME_AGAIN_MS = 2000;

export class Live extends EventTarget {
  #rooms = new Rooms();
  #asked = new Map();
  #sweep = 0;
  #socket;

  /** Unix seconds since when the store is not reached; null while it is. */
  offlineSince = null;

  constructor(token, { url = "", connect = io, now = monotonic } = {}) {
    super();
    this.now = now;
    this.#socket = connect(url || location.origin, {
      transports: ["websocket"],
      auth: (send) => send({ token, proto: 1, epoch: this.#rooms.epoch, seq: this.#rooms.seqs }),
      reconnectionDelay: RETRY_MS,
      reconnectionDelayMax: RETRY_AT_MOST_MS,
    });
    for (const event of ["snapshot", "replay", "upsert", "patch", "remove"]) {
      this.#socket.on(event, (message) => this.#take({ event, ...message }));
    }
    this.#socket.on("connect", () => this.#line(null));
    this.#socket.on("disconnect", (reason) => this.#dropped(reason));
    this.#socket.on("connect_error", (error) => this.#failed(error));
    document.addEventListener("visibilitychange", this.#woke);
    window.addEventListener("online", this.#woke);
  }

  get cards() {
    return this.#rooms.cards(this.now());
  }

  /** Sends one command; resolves to the store's Ack, or to {ok: false, error: "error.offline"} when it never answered. */
  async command(name, fields = {}) {
    const command = { key: newKey(), name, ...fields };
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      try {
        return await this.#socket.timeout(ACK_TIMEOUT_MS).emitWithAck("command", command);
      } catch {
        // no answer in time: the same key once more
      }
    }
    return { key: command.key, ok: false, error: "error.offline" };
  }

  close() {
    clearTimeout(this.#sweep);
    document.removeEventListener("visibilitychange", this.#woke);
    window.removeEventListener("online", this.#woke);
    this.#socket.close();
    this.#rooms.clear();
  }

  #take(message) {
    const now = this.now();
    const resume = this.#rooms.apply(message, now);
    for (const at of told(message)) hear(at);
    if (message.event === "snapshot" || message.event === "replay") this.#asked.delete(message.room);
    if (resume && now - (this.#asked.get(resume.room) ?? -Infinity) > RESUME_AGAIN_MS) {
      this.#asked.set(resume.room, now);
      this.#socket.emit("resume", resume);
    }
    this.#changed();
  }

  #changed() {
    this.#plan();
    this.dispatchEvent(new Event("change"));
  }

  #plan() {
    clearTimeout(this.#sweep);
    const wait = this.#rooms.nextExpiry - this.now();
    if (wait < Infinity) this.#sweep = setTimeout(() => this.#expire(), Math.max(20, wait));
  }

  #expire() {
    if (this.#rooms.expire(this.now())) this.#changed();
    else this.#plan();
  }

  /** Awake, or on the network again: what ran out goes, and a line that is cut is tried now rather than later. */
  #woke = () => {
    this.#expire();
    if (document.hidden || this.offlineSince === null) return;
    this.#socket.disconnect().connect();
  };

  #line(since) {
    this.offlineSince = since === null ? null : (this.offlineSince ?? since);
    this.dispatchEvent(new Event("line"));
  }

  #dropped(reason) {
    this.#line(Date.now() / 1000);
    // Put out by the store (too slow a reader, or unpaired): the library would not try again by itself.
    if (reason === "io server disconnect") setTimeout(() => this.#socket.connect(), 1000);
  }

  #failed(error) {
    this.#line(Date.now() / 1000);
    if (this.#socket.active) return;
    const text = `${error?.data?.error ?? ""} ${error?.message ?? ""}`;
    if (/too_fast|rate|busy/.test(text)) setTimeout(() => this.#socket.connect(), 2000);
    else this.#refused();
  }

  #refused() {
    this.close();
    this.dispatchEvent(new Event("change"));
    this.dispatchEvent(new Event("refused"));
  }
}

/** When the store decided what it just said. */
function told(message) {
  const bodies = [...(message.cards ?? []), message.card, message.set, ...(message.changes ?? []).flatMap((change) => [change.card, change.set])];
  return bodies.map((body) => body?.decided_at).filter(Number.isFinite);
}

// A wall clock may be set and a monotonic one may stop while a tablet sleeps; whichever ran further decides, so that
// a card never outlives its time. Both start at zero with the page.
const began = { wall: Date.now(), steady: performance.now() };

function monotonic() {
  return Math.max(performance.now() - began.steady, Date.now() - began.wall);
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
