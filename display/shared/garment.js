// A drawn garment in the product's own colour: the shop's picture wherever no photograph was synced.
// Knows shapes and paint, nothing of products; all paint is derived from the one colour, so any shade works.

import { LitElement, css, html, nothing, svg } from "lit";

import { SHAPES } from "./garment_shapes.js";

const NAMED = {
  black: "#2b2a2c", white: "#f6f3ec", ecru: "#efe6d2", cream: "#f1e7d0", grey: "#8d8f91", charcoal: "#46484c", navy: "#24324f", blue: "#3b6ea5",
  "light-blue": "#a9c6de", denim: "#46658c", teal: "#23686c", green: "#3f7052", olive: "#6b6a3a", sage: "#9aa888", camel: "#bf9157", beige: "#d8c3a1",
  sand: "#d9c7a6", brown: "#6d4a34", cognac: "#9d5b2d", rust: "#b0532c", red: "#b03036", burgundy: "#6e2436", rose: "#d9a0a0", pink: "#e0a3b4",
  lilac: "#a795c2", yellow: "#e2b84a", mustard: "#c9962f", orange: "#d9772f", gold: "#c2a14d", silver: "#b9bdc1",
};
// A shop's own lists name them in its language.
const GERMAN = {
  schwarz: "black", weiß: "white", weiss: "white", creme: "cream", wollweiß: "ecru", grau: "grey", anthrazit: "charcoal", marine: "navy", marineblau: "navy",
  dunkelblau: "navy", blau: "blue", hellblau: "light-blue", petrol: "teal", grün: "green", oliv: "olive", salbei: "sage", braun: "brown", rost: "rust", rot: "red",
  bordeaux: "burgundy", weinrot: "burgundy", altrosa: "rose", rosa: "pink", flieder: "lilac", gelb: "yellow", senf: "mustard", silber: "silver",
};
const KINDS = {
  coats: "coat", jackets: "jacket", dresses: "dress", skirts: "skirt", shirts: "shirt", blouses: "blouse", tshirt: "t-shirt", "t-shirts": "t-shirt", tee: "t-shirt",
  pullover: "sweater", knitwear: "sweater", sweaters: "sweater", cardigans: "cardigan", jean: "jeans", chinos: "trousers", pants: "trousers", shoe: "shoes",
  boot: "boots", sneaker: "sneakers", trainers: "sneakers", bags: "bag", scarves: "scarf", hats: "hat",
};

/** `kind` one of SHAPES, `colour` #rrggbb or a name, `pattern` plain | stripe | check | dots | herringbone | denim | knit. */
export class Garment extends LitElement {
  static properties = { kind: {}, colour: {}, pattern: {}, label: {} };

  static styles = css`
    :host { display: block; aspect-ratio: 10 / 11; }
    svg { display: block; inline-size: 100%; block-size: 100%; overflow: visible; }
  `;

  render() {
    const shape = SHAPES[this.kind] ?? SHAPES[KINDS[this.kind]] ?? SHAPES.other;
    const paint = paints(rgb(this.colour));
    const named = this.label ? "img" : "presentation";
    return html`<svg viewBox="0 0 200 224" role=${named} aria-label=${this.label || nothing} aria-hidden=${this.label ? nothing : "true"}>
      <defs>
        <linearGradient id="volume" x1="0" x2="1" y1="0" y2="0.25">
          <stop offset="0" stop-color="#000" stop-opacity=".16"></stop><stop offset=".3" stop-color="#fff" stop-opacity=".14"></stop>
          <stop offset=".62" stop-color="#fff" stop-opacity="0"></stop><stop offset="1" stop-color="#000" stop-opacity=".2"></stop>
        </linearGradient>
        ${weave(this.pattern, paint)}
      </defs>
      ${shape.map(([role, path]) => layer(role, path, paint, this.pattern))}
    </svg>`;
  }
}

function layer(role, path, paint, pattern) {
  if (role === "body") {
    return svg`<path d=${path} fill=${paint.base} stroke=${paint.edge} stroke-width="2.4" stroke-linejoin="round"></path>
      ${pattern && pattern !== "plain" ? svg`<path d=${path} fill="url(#weave)"></path>` : nothing}
      <path d=${path} fill="url(#volume)"></path>`;
  }
  const [fill, stroke, width, dash, opacity] = strokeOf(role, paint);
  return svg`<path d=${path} fill=${fill} stroke=${stroke} stroke-width=${width} stroke-dasharray=${dash} opacity=${opacity}
    stroke-linecap="round" stroke-linejoin="round"></path>`;
}

function strokeOf(role, paint) {
  const roles = {
    shade: [paint.shade, "none", 0, "none", 0.55],
    light: [paint.light, paint.edge, 1.2, "none", 1],
    panel: [paint.shade, paint.edge, 1.4, "none", 0.75],
    rib: [paint.shade, paint.edge, 1.2, "none", 0.85],
    lining: [paint.lining, paint.edge, 1.4, "none", 1],
    gap: ["#00000026", "none", 0, "none", 1],
    shirt: ["#f7f3ea", "none", 0, "none", 1],
    line: ["none", paint.edge, 1.7, "none", 0.85],
    fold: ["none", paint.edge, 1.5, "none", 0.35],
    stitch: ["none", paint.edge, 1.2, "3 3.4", 0.7],
    seam: ["none", paint.thread, 1.4, "3.4 2.4", 1],
    fade: ["#ffffff", "none", 0, "none", 0.16],
    zip: ["none", "#c9c3b8", 2, "2 1.6", 1],
    button: [paint.button, paint.edge, 1, "none", 1],
    metal: ["#cfae6a", "#7c6434", 1.4, "none", 1],
    sole: ["#3a2b22", "#231913", 1.4, "none", 1],
    rubber: ["#f3eee3", "#9b9285", 1.6, "none", 1],
    back: [paint.shade, paint.edge, 2, "none", 1],
    hook: ["none", paint.shade, 8, "none", 1],
    strap: ["none", paint.shade, 7, "none", 1],
    band: [paint.edge, "none", 0, "none", 0.9],
    fur: ["#d9c4a0", "#a98f66", 1.6, "2 2.6", 1],
    fringe: ["none", paint.shade, 3, "none", 1],
  };
  return roles[role];
}

function weave(pattern, paint) {
  const dark = paint.edge;
  const pale = paint.light;
  const weaves = {
    stripe: svg`<pattern id="weave" width="14" height="14" patternUnits="userSpaceOnUse"><rect width="14" height="5" fill=${paint.contrast} opacity=".8"></rect></pattern>`,
    pinstripe: svg`<pattern id="weave" width="9" height="9" patternUnits="userSpaceOnUse"><rect width="1.3" height="9" fill=${pale} opacity=".8"></rect></pattern>`,
    check: svg`<pattern id="weave" width="24" height="24" patternUnits="userSpaceOnUse"><rect width="9" height="24" fill=${dark} opacity=".35"></rect>
      <rect width="24" height="9" fill=${dark} opacity=".35"></rect><path d="M16 0V24M0 16H24" stroke=${paint.contrast} stroke-width="1.3" opacity=".7"></path></pattern>`,
    dots: svg`<pattern id="weave" width="16" height="16" patternUnits="userSpaceOnUse"><circle cx="4" cy="4" r="2.3" fill=${paint.contrast}></circle><circle cx="12" cy="12" r="2.3" fill=${paint.contrast}></circle></pattern>`,
    herringbone: svg`<pattern id="weave" width="12" height="8" patternUnits="userSpaceOnUse"><path d="M0 8L6 2L12 8M0 4L6 -2L12 4M0 12L6 6L12 12" fill="none" stroke=${dark} stroke-width="1.2" opacity=".5"></path></pattern>`,
    denim: svg`<pattern id="weave" width="4" height="4" patternUnits="userSpaceOnUse"><path d="M0 4L4 0" stroke=${pale} stroke-width=".8" opacity=".55"></path></pattern>`,
    knit: svg`<pattern id="weave" width="10" height="9" patternUnits="userSpaceOnUse"><path d="M0 1L5 6L10 1" fill="none" stroke=${dark} stroke-width="1.3" opacity=".35"></path></pattern>`,
    floral: svg`<pattern id="weave" width="30" height="30" patternUnits="userSpaceOnUse"><g fill=${paint.contrast} opacity=".85"><circle cx="8" cy="5" r="3"></circle><circle cx="5" cy="9" r="3"></circle>
      <circle cx="11" cy="9" r="3"></circle><circle cx="23" cy="20" r="3"></circle><circle cx="20" cy="24" r="3"></circle><circle cx="26" cy="24" r="3"></circle></g><path d="M8 11L8 16M23 26L23 30" stroke=${dark} stroke-width="1.4"></path></pattern>`,
  };
  return weaves[pattern] ?? nothing;
}

/** [r, g, b] of #rrggbb or a colour's name in English or German; any other word is the colour of plain linen. */
export function rgb(colour) {
  const text = String(colour ?? "").trim().toLowerCase();
  const hex = /^#?([0-9a-f]{6})$/.exec(text)?.[1] ?? NAMED[GERMAN[text] ?? text]?.slice(1) ?? "b9a88f";
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

function paints(base) {
  const luminance = (0.2126 * base[0] + 0.7152 * base[1] + 0.0722 * base[2]) / 255;
  const dark = luminance < 0.22;
  return {
    base: hex(base),
    shade: hex(mix(base, [20, 14, 10], dark ? 0.35 : 0.24)),
    light: hex(mix(base, [255, 252, 244], dark ? 0.16 : 0.3)),
    edge: hex(dark ? mix(base, [0, 0, 0], 0.55) : mix(base, [38, 26, 18], 0.58)),
    lining: hex(mix(mix(base, [20, 14, 10], 0.45), [180, 120, 70], 0.25)),
    button: hex(dark ? mix(base, [255, 244, 220], 0.55) : mix(base, [40, 26, 16], 0.65)),
    contrast: hex(luminance > 0.62 ? mix(base, [36, 50, 79], 0.72) : mix(base, [255, 252, 244], 0.72)),
    thread: hex(luminance > 0.7 ? mix(base, [60, 40, 20], 0.5) : [214, 160, 88]),
  };
}

const mix = (from, to, share) => from.map((value, index) => Math.round(value + (to[index] - value) * share));
const hex = (channels) => `#${channels.map((value) => value.toString(16).padStart(2, "0")).join("")}`;

customElements.define("regulars-garment", Garment);
