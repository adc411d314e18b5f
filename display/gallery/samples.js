// Invented customers and articles in the shape of `wire.cards`, one for each state that a component can be in.

const NOW = Date.now() / 1000;
const DAY = 86_400;

export const item = (fields) => ({
  product_id: "coat", name: { de: "Wollmantel Lene", en: "Lene wool coat" }, brand: "Halm & Hede", category: "coat", garment: "coat", colour: "camel",
  colour_hex: "#b98d58", pattern: "plain", price_cents: 34_900, was_cents: null, lowest_30d_cents: null, currency: "EUR", image: null, member_price_cents: null,
  my_size: "38", in_my_size: 2, shelf: "M3", stock: [{ size: "36", pieces: 1, shelf: "M3" }, { size: "38", pieces: 2, shelf: "M3" }], reason: { key: "why.viewed", params: { when: NOW - DAY } }, elsewhere: [], ...fields,
});

const ELSEWHERE = [
  { store_id: "k", store_name: "Halm & Hede Kiel", sizes: { 38: 2, 40: 1 }, counted_at: NOW - 2 * 3600 },
  { store_id: "h", store_name: "Halm & Hede Hamburg-Ottensen", sizes: { 36: 1, 38: 4, 40: 2, 42: 1 }, counted_at: NOW - 3 * DAY },
];

export const ITEMS = [
  item({}),
  item({ member_price_cents: 31_900 }),
  item({ was_cents: 39_900, lowest_30d_cents: 35_900 }),
  item({ in_my_size: 0, stock: [{ size: "40", pieces: 2, shelf: "M3" }], elsewhere: ELSEWHERE }),
  item({ product_id: "scarf", name: { de: "Wollschal Bror", en: "Bror wool scarf" }, category: "scarf", garment: "scarf", my_size: "one", in_my_size: 0, stock: [], price_cents: 5900 }),
];

export const mark = (value, label, fields) => ({ value, label, source: "web", observed_at: NOW - 3 * DAY, confidence: .9, stale: false, ...fields });

const held = (step, moves) => ({ reservation_id: step, item: item({ member_price_cents: 31_900 }), size: "38", room: "2", step, held_until: NOW + 2 * DAY, moves });

export const RESERVED = [held("reserved", ["picked"]), held("picked", ["fitting", "bought", "returned"]), held("fitting", ["tried", "bought", "returned"]), held("tried", ["bought", "returned"])];

export const card = (fields) => ({
  id: "v1", kind: "visit", alias: "Anna B.", name: "Anna Brandt", mode: "advice", state: "here", zone: "coats", zone_name: "Damen", arrived_at: NOW - 260, last_heard_at: NOW - 4,
  assurance: "answered", via: "radio", order: 1, reason: { key: "reason.reservation", params: { product: "coat", size: "38" } }, waiting: true, help_asked_at: null, claimed_by: "", handed_at: null, escalated: false, language: "de",
  tier: mark("gold", ""), facts: [{ key: "fact.complaint", params: { text: "Naht offen" } }, { key: "fact.reserved", params: { product: "coat", size: "38" } }, { key: "fact.size", params: { category: "coat", size: "38" } }],
  hint: { kind: "complaint", line: { key: "hint.complaint", params: {} } }, reservations: [RESERVED[0]], sizes: [mark("38", "coat"), mark("40", "trousers", { stale: true, observed_at: NOW - 600 * DAY })],
  likes: [mark("Halm & Hede", "brand"), mark("coat", "category")], dislikes: [mark("lilac", "colour")], colours: [mark("camel", "")], seen: ITEMS.slice(1, 4), looks: [ITEMS[4]],
  owned: [item({ product_id: "scarf", name: { de: "Wollschal Bror", en: "Bror wool scarf" }, garment: "scarf", category: "scarf", colour: "grey", colour_hex: "#8b8d90", reason: { key: "why.owned", params: { when: NOW - 300 * DAY } } })],
  notes: [mark("Ärmel oft zu lang.", "", { source: "staff" })], written: [{ note_id: "n1", label: "alteration", text: "2 cm", at: NOW - 60, task: true, done: false }, { note_id: "n2", label: "gift", text: "", at: NOW - 90, task: false, done: false }],
  purposes: ["recognise", "staff", "screen"], as_of: NOW - 40, decided_at: NOW, ...fields,
});

const blank = { facts: [], hint: null, reservations: [], sizes: [], likes: [], dislikes: [], colours: [], seen: [], looks: [], owned: [], notes: [], written: [], tier: null, waiting: false };
export const LITTLE = card({ ...blank, id: "v2", alias: "Kim", name: "Kim", reason: { key: "reason.arrived", params: {} } });

/** One row for each state of a visit. */
export const ROWS = [
  card({ id: "r1", alias: "Jonas", order: 0, help_asked_at: NOW - 30, reason: { key: "reason.help", params: {} } }),
  card({ id: "r2", alias: "Ida", order: 1, handed_at: NOW - 20, reason: { key: "reason.handed_over", params: {} } }),
  card({ id: "r3", order: 2 }),
  card({ id: "r4", alias: "", order: 3, reason: { key: "reason.waiting", params: {} } }),
  card({ id: "r5", alias: "Dr. Konstanze Freifrau von Hohenfels", order: 4, escalated: true, reason: { key: "reason.unserved", params: { minutes: 14 } } }),
  card({ id: "r6", alias: "Mehmet", order: 5, claimed_by: "fox", state: "served", reason: { key: "reason.complaint", params: {} } }),
  card({ id: "r7", alias: "Quỳnh", order: 6, claimed_by: "deer", state: "fitting", reason: { key: "reason.fitting", params: { room: "2" } } }),
];

const line = (fields) => ({ reservation_id: "p1", item: item({}), size: "38", shelf: "M3", pieces: 2, room: "2", step: "reserved", held_until: NOW + DAY, moves: ["picked"], ...fields });
export const PICKS = { id: "picks", kind: "picks", more: 2, lines: [line({ reservation_id: "p0", step: "picked", held_until: NOW - 600, moves: ["returned"] }), line({}), line({ reservation_id: "p2", pieces: 0, shelf: "" }), line({ reservation_id: "p3", step: "picked", moves: ["returned"] })] };
