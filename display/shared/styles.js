// The looks that every component shares: adopted by shadow roots as constructed style sheets, so no inline style exists.

import { css } from "lit";

export const base = css`
  *, *::before, *::after { box-sizing: border-box; }
  :host { display: block; }
  [hidden] { display: none !important; }
  .glyph { flex: none; }
  h1, h2, h3, h4, p, ul, ol, dl, dd, fieldset { margin: 0; padding: 0; }
  ul, ol { list-style: none; }
  fieldset { border: 0; min-inline-size: 0; }
  h1, h2, h3 { font-family: var(--serif); font-weight: 600; line-height: 1.15; letter-spacing: -.01em; text-wrap: balance; }
  h1 { font-size: var(--size-xxl); } h2 { font-size: var(--size-xl); } h3 { font-size: var(--size-l); }
  p { text-wrap: pretty; }
  a { color: var(--pine); text-underline-offset: .18em; }
  a:hover { text-decoration-thickness: 2px; }
  :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: var(--round-s); }
  .soft { color: var(--ink-soft); } .small { font-size: var(--size-s); }
  .eyebrow { font: 600 var(--size-s)/1.3 var(--sans); letter-spacing: .045em; text-transform: uppercase; color: var(--ink-soft); }
  .unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .row { display: flex; align-items: center; gap: var(--gap-s); } .wrap { flex-wrap: wrap; } .spread { justify-content: space-between; }
  .stack { display: grid; gap: var(--gap-m); grid-template-columns: minmax(0, 1fr); } .stack.tight { gap: .2rem; } .grow { flex: 1; min-inline-size: 0; }
  .sheet { background: var(--paper); border: 1px solid var(--line); border-radius: var(--round-l); box-shadow: var(--shadow); padding: var(--gap-l); }
`;

export const controls = css`
  button, .button {
    font: 600 var(--size-m)/1.2 var(--sans); min-block-size: var(--touch); min-inline-size: var(--touch); padding: .55rem 1.1rem; cursor: pointer; text-align: center;
    border: 1.5px solid var(--line-strong); border-radius: var(--round-pill); background: var(--paper); color: var(--ink); text-decoration: none;
    display: inline-flex; align-items: center; justify-content: center; gap: .5rem; transition: background var(--ease), transform var(--ease); touch-action: manipulation;
  }
  button:hover { background: var(--sand); }
  button:active { transform: scale(.98); }
  button:disabled { cursor: default; opacity: .55; }
  .primary { background: var(--pine); border-color: var(--pine); color: var(--on-colour); }
  .primary:hover { background: var(--pine-deep); border-color: var(--pine-deep); }
  .warm { background: var(--clay); border-color: var(--clay); color: var(--on-colour); }
  .warm:hover { background: var(--clay); filter: brightness(.92); }
  .danger { color: var(--clay); border-color: var(--clay); background: transparent; }
  .quiet { border-color: transparent; background: transparent; color: var(--ink); padding-inline: .8rem; }
  .quiet:hover { background: var(--sand); }
  .wide { inline-size: 100%; }
  .icon { padding: 0; font-size: 1.25rem; line-height: 1; }
  button[aria-pressed="true"], button[aria-current="true"] { background: var(--pine-wash); border-color: var(--pine); color: var(--ink); box-shadow: inset 0 0 0 1px var(--pine); }

  .chip {
    display: inline-flex; align-items: center; gap: .35rem; padding: .2rem .65rem; border-radius: var(--round-pill); background: var(--sand); color: var(--ink);
    font-size: .9375rem; line-height: 1.4; max-inline-size: 100%;
  }
  .chip b { font-weight: 650; } .chip.like { background: var(--pine-wash); } .chip.avoid { background: var(--clay-wash); } .chip.gold { background: var(--honey-wash); } .chip.cool { background: var(--sky-wash); }
  .chip.stale { background: transparent; box-shadow: inset 0 0 0 1.5px var(--line); color: var(--ink-soft); }

  label { display: block; }
  input:not([type="checkbox"], [type="radio"]), select {
    font: 400 1.0625rem/1.3 var(--sans); min-block-size: 3.25rem; inline-size: 100%; padding: .6rem .9rem; color: var(--ink); background: var(--paper);
    border: 1.5px solid var(--line-strong); border-radius: var(--round-m);
  }
  .field { display: grid; gap: .35rem; } .field > span:first-child { font-weight: 600; }
  .code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; letter-spacing: .18em; font-variant-numeric: tabular-nums; }
  .mistake { color: var(--clay); font-weight: 600; }
  .note { background: var(--sand); border-radius: var(--round-m); padding: var(--gap-m) var(--gap-l); }
  .note.good { background: var(--pine-wash); } .note.warn { background: var(--honey-wash); } .note.bad { background: var(--clay-wash); }

  dialog {
    inline-size: min(30rem, calc(100vw - 1.5rem)); max-block-size: calc(100dvh - 1.5rem); border: 0; border-radius: var(--round-l); padding: var(--gap-xl) var(--gap-l) var(--gap-l);
    background: var(--paper); color: var(--ink); box-shadow: var(--shadow-high);
  }
  dialog::backdrop { background: var(--veil); }
`;
