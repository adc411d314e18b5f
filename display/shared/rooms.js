// What this client knows of its rooms: pure bookkeeping over the store's numbered messages, no socket and no timer.
// Two rules: a number that does not fit is never guessed around, it asks; and a card past its time to live is gone,
// whether or not the line is up. Times are milliseconds handed in by the caller.

export class Rooms {
  #rooms = new Map();

  epoch = "";

  /** room -> last sequence number, as `auth` of the next connection wants it. */
  get seqs() {
    return Object.fromEntries([...this.#rooms].map(([name, room]) => [name, room.seq]));
  }

  /** The cards of all rooms that are still valid at `now`. */
  cards(now) {
    this.expire(now);
    return [...this.#rooms.values()].flatMap((room) => [...room.cards.values()].map((held) => held.card));
  }

  /** Takes one message; returns null, or the `resume` to send because a number was missing. */
  apply(message, now) {
    if (message?.v !== 1) return null;
    if (message.event === "snapshot") return this.#snapshot(message, now);
    if (message.event === "replay") return this.#replay(message, now);
    return this.#change(message, now);
  }

  /** Drops what has outlived its time; returns whether anything went. */
  expire(now) {
    let gone = false;
    for (const { cards } of this.#rooms.values()) {
      for (const [id, held] of cards) {
        if (held.until <= now) gone = cards.delete(id) || gone;
      }
    }
    return gone;
  }

  /** When the next card runs out; Infinity when none is held. */
  get nextExpiry() {
    const ends = [...this.#rooms.values()].flatMap((room) => [...room.cards.values()].map((held) => held.until));
    return Math.min(Infinity, ...ends);
  }

  clear() {
    this.#rooms.clear();
    this.epoch = "";
  }

  #snapshot({ room, seq, epoch, cards, ttl_s }, now) {
    if (epoch !== this.epoch) this.#rooms.clear();
    this.epoch = epoch;
    const until = now + ttl_s * 1000;
    this.#rooms.set(room, { seq, cards: new Map(cards.map((card) => [card.id, { card, until }])) });
    return null;
  }

  #replay(message, now) {
    if (message.epoch !== this.epoch) return this.#resume(message.room, true);
    for (const change of message.changes) {
      const resume = this.#change(change, now);
      if (resume) return this.#resume(message.room, true);
    }
    return null;
  }

  #change(change, now) {
    const room = this.#rooms.get(change.room);
    if (!room) return this.#resume(change.room, true);
    if (change.seq <= room.seq) return null;
    if (change.seq > room.seq + 1) return this.#resume(change.room, false);
    if (change.event === "patch" && !room.cards.has(change.id)) return this.#resume(change.room, true);
    room.seq = change.seq;
    this.#keep(room, change, now);
    return null;
  }

  #keep({ cards }, change, now) {
    const until = now + (change.ttl_s ?? 0) * 1000;
    if (change.event === "upsert") cards.set(change.card.id, { card: change.card, until });
    else if (change.event === "patch") cards.set(change.id, { card: { ...cards.get(change.id).card, ...change.set }, until });
    else if (change.event === "remove") cards.delete(change.id);
  }

  /** `afresh`: what is held is not worth replaying onto, so ask as one who knows nothing. */
  #resume(room, afresh) {
    return { room, epoch: afresh ? "" : this.epoch, seq: afresh ? 0 : (this.#rooms.get(room)?.seq ?? 0) };
  }
}
