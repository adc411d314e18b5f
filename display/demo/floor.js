// The floor plan seen from above: zones, scanners, a crowd of strangers, and the opted-in people, who can be dragged
// with a finger, a mouse or the arrow keys. Metres in, metres out; the street is always at the bottom.

import { LitElement, css, html, nothing, svg } from "lit";

import { t } from "../shared/i18n.js";
import { base } from "../shared/styles.js";

// A drag is told at most ten times a second: the simulated phone advertises no faster.
const TELL_EVERY_MS = 100;
const STEP_M = 0.5;

/** `plan` {bounds, door, zones: [{id, name, kind, rect | polygon}], scanners: [{id, position}]}, `people` [{id, label,
    x, y, mode, zone}] (x null: away), `crowd` [[x, y]], `star` the id of the person the tour is about, `hint` what to do with them now.
    Dispatches "move" {id, x, y}; x and y are null when somebody was put away. */
export class Floor extends LitElement {
  static properties = { plan: { attribute: false }, people: { attribute: false }, crowd: { attribute: false }, star: {}, hint: {}, held: { state: true } };

  static styles = [base, css`
    svg { display: block; inline-size: 100%; block-size: auto; touch-action: none; border-radius: var(--round-l); background: var(--sand); user-select: none; }
    .zone { fill: var(--paper); stroke: var(--line-strong); stroke-width: .06; } .outside { fill: var(--sand); stroke: none; } .entrance, .vestibule { fill: var(--honey-wash); } .fitting { fill: var(--sky-wash); }
    .zone-name { font-size: .72px; fill: var(--ink-soft); text-anchor: middle; font-family: var(--sans); }
    .walls { fill: none; stroke: var(--ink); stroke-width: .16; }
    .door { stroke: var(--honey-wash); stroke-width: .3; }
    .scanner { fill: none; stroke: var(--pine); stroke-width: .09; } .scanner-dot { fill: var(--pine); }
    .stranger { fill: var(--line-strong); opacity: .55; }
    .person { cursor: grab; outline: none; } .person.held { cursor: grabbing; }
    .person circle { stroke: var(--paper); stroke-width: .14; }
    .person .halo { fill: none; stroke: none; }
    .person:not(.star) .name { visibility: hidden; } .person:not(.star):is(:hover, :focus, .held) .name { visibility: visible; }
    .hint { animation: nudge 1.6s ease-in-out infinite; } .hint path { fill: none; stroke: var(--clay); stroke-width: .28; stroke-linecap: round; stroke-linejoin: round; }
    .hint text { font: 700 .8px var(--sans); fill: var(--clay); paint-order: stroke; stroke: var(--paper); stroke-width: .22; }
    @keyframes nudge { 50% { translate: 0 -.5px; } }
    .person.star .halo { stroke: var(--clay); stroke-width: .12; stroke-dasharray: .3 .2; animation: turn 9s linear infinite; transform-box: fill-box; transform-origin: center; }
    .person.person:focus-visible .halo { stroke: var(--focus); stroke-width: .24; stroke-dasharray: none; }
    @keyframes turn { to { rotate: 360deg; } }
    @media (prefers-reduced-motion: reduce) { .person.star .halo, .hint { animation: none; } }
    .advice { fill: var(--clay); } .screen { fill: var(--sky); } .phone { fill: var(--pine); } .invisible { fill: var(--line-strong); }
    .initial { font: 700 .78px var(--sans); fill: var(--paper); text-anchor: middle; pointer-events: none; }
    .name { font: 600 .68px var(--sans); fill: var(--ink); text-anchor: middle; paint-order: stroke; stroke: var(--paper); stroke-width: .18; pointer-events: none; }
  `];

  #told = 0;

  render() {
    const { plan } = this;
    if (!plan) return nothing;
    const { x, y, width, height } = this.#frame();
    return html`<svg viewBox="${x} ${y} ${width} ${height}" role="group" aria-label=${t("demo.floor")} @pointermove=${this.#drag} @pointerup=${this.#drop} @pointercancel=${this.#drop}>
      ${[...plan.zones].sort((one, other) => (other.kind === "outside") - (one.kind === "outside")).map((zone) => this.#zone(zone))}
      ${this.#walls()}
      ${plan.scanners.map(({ position }) => svg`<g aria-hidden="true"><circle class="scanner" cx=${position[0]} cy=${-position[1]} r=".42"></circle><circle class="scanner-dot" cx=${position[0]} cy=${-position[1]} r=".16"></circle></g>`)}
      <g aria-hidden="true">${(this.crowd ?? []).map(([cx, cy]) => svg`<circle class="stranger" cx=${cx} cy=${-cy} r=".16"></circle>`)}</g>
      ${this.#drawn().map((person) => this.#person(person))}
    </svg>`;
  }

  #zone(zone) {
    const points = zone.polygon ?? corners(zone.rect);
    const middle = points.reduce(([sx, sy], [px, py]) => [sx + px / points.length, sy + py / points.length], [0, 0]);
    return svg`<g><polygon class="zone ${zone.kind}" points=${points.map(([px, py]) => `${px},${-py}`).join(" ")}></polygon>
      ${zone.kind === "entrance" || zone.kind === "vestibule" ? nothing : svg`<text class="zone-name" x=${zone.kind === "outside" ? Math.min(...points.map(([px]) => px)) + 2 : middle[0]} y=${1.15 - Math.max(...points.map(([, py]) => py))}>${zone.name}</text>`}</g>`;
  }

  #walls() {
    const inside = this.plan.zones.filter((zone) => zone.kind !== "outside").flatMap((zone) => zone.polygon ?? corners(zone.rect));
    const xs = inside.map(([px]) => px);
    const ys = inside.map(([, py]) => -py);
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const [doorX, doorY] = this.plan.door;
    return svg`<rect class="walls" x=${left} y=${top} width=${Math.max(...xs) - left} height=${Math.max(...ys) - top}></rect>
      <line class="door" x1=${doorX - 1.4} x2=${doorX + 1.4} y1=${-doorY} y2=${-doorY}></line>`;
  }

  /** Whoever is in or before the shop, and the star even when away; the star last, so that nobody covers them. */
  #drawn() {
    const here = (this.people ?? []).filter((person) => person.id === this.star || (person.x !== null && person.x !== undefined));
    return here.sort((one, other) => (one.id === this.star) - (other.id === this.star));
  }

  #person(person) {
    const [x, y] = this.#place(person);
    const star = this.star === person.id;
    const zone = this.plan.zones.find((each) => each.id === person.zone)?.name ?? t(person.x === null ? "demo.away" : "demo.outside");
    const mode = person.mode === "stored" ? "phone" : person.mode;
    return svg`<g class="person ${this.held === person.id ? "held" : ""} ${star ? "star" : ""}" data-id=${person.id} tabindex="0" role="button" transform="translate(${x} ${y})" @pointerdown=${(event) => this.#take(event, person)} @keydown=${(event) => this.#key(event, person)}>
      <title>${t("demo.person", { name: person.label, zone })}</title><circle class="halo" r=${star ? 1.35 : 1.05}></circle><circle class=${mode} r=${star ? 0.95 : 0.72}></circle><text class="initial" y=".27" aria-hidden="true">${[...person.label][0]}</text><text class="name" y=${star ? 2.1 : 1.5} aria-hidden="true">${person.label}</text>
      ${star && this.hint ? svg`<g class="hint" aria-hidden="true"><path d="M1.9 -0.5L1.9 -3.4M1 -2.5L1.9 -3.4L2.8 -2.5"></path><text x="3.1" y="-1.5">${this.hint}</text></g>` : nothing}</g>`;
  }

  /** Drawing coordinates; the star waits on the pavement before the door. */
  #place(person) {
    if (person.x !== null && person.x !== undefined) return [person.x, -person.y];
    const [doorX, doorY] = this.plan.door;
    return [doorX, -doorY + 1.7];
  }

  #frame() {
    const [x0, y0, x1, y1] = this.plan.bounds;
    const all = [[x0, y0], [x1, y1], ...this.plan.zones.flatMap((zone) => zone.polygon ?? corners(zone.rect))];
    const xs = all.map(([px]) => px);
    const ys = all.map(([, py]) => -py);
    const [left, top] = [Math.min(...xs) - 0.4, Math.min(...ys) - 0.4];
    const bottom = Math.max(...ys) + 0.4;
    const street = this.plan.zones.some((zone) => zone.kind === "outside") ? 0 : 3.5;
    return { x: left, y: top, width: Math.max(...xs) + 0.4 - left, height: bottom + street - top };
  }

  #take(event, person) {
    event.preventDefault();
    event.currentTarget.focus();
    this.renderRoot.querySelector("svg").setPointerCapture(event.pointerId);
    this.held = person.id;
  }

  #drag(event) {
    if (!this.held || event.timeStamp - this.#told < TELL_EVERY_MS) return;
    this.#told = event.timeStamp;
    this.#tell(this.held, ...this.#metres(event));
  }

  #drop(event) {
    if (!this.held) return;
    this.#tell(this.held, ...this.#metres(event));
    this.held = "";
  }

  #key(event, person) {
    const steps = { ArrowLeft: [-STEP_M, 0], ArrowRight: [STEP_M, 0], ArrowUp: [0, STEP_M], ArrowDown: [0, -STEP_M] };
    if (event.key === "Delete" || event.key === "Backspace") this.#tell(person.id, null, null);
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const [x, y] = this.#place(person);
    this.#tell(person.id, x + step[0], -y + step[1]);
  }

  #metres(event) {
    const drawing = this.renderRoot.querySelector("svg");
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
    const { x, y, width, height } = this.#frame();
    return [Math.min(Math.max(point.x, x), x + width), -Math.min(Math.max(point.y, y), y + height)];
  }

  #tell(id, x, y) {
    this.people = this.people.map((person) => (person.id === id ? { ...person, x, y } : person));
    const rounded = (metres) => (metres === null ? null : Math.round(metres * 100) / 100);
    this.dispatchEvent(new CustomEvent("move", { detail: { id, x: rounded(x), y: rounded(y) } }));
  }
}

const corners = ([x0, y0, x1, y1]) => [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];

customElements.define("regulars-floor", Floor);
