// What the parts of this page share: sections one below the other, tables that become cards on a phone.

import { css } from "lit";

export const look = css`
  :host { display: grid; gap: var(--gap-xl); align-content: start; grid-template-columns: minmax(0, 1fr); }
  table { border-collapse: collapse; inline-size: 100%; }
  th, td { text-align: start; padding: .55rem .75rem .55rem 0; border-block-end: 1px solid var(--line); vertical-align: baseline; overflow-wrap: anywhere; }
  th { font-size: var(--size-s); color: var(--ink-soft); font-weight: 600; white-space: nowrap; }
  .ref { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: .875rem; overflow-wrap: anywhere; }
  .actions { display: flex; flex-wrap: wrap; gap: var(--gap-s); }
  section > p { max-inline-size: 48rem; } form.line { max-inline-size: 52rem; display: flex; flex-wrap: wrap; gap: var(--gap-m); align-items: end; } form.line label { flex: 1 1 12rem; } form.line button { min-block-size: 3.25rem; }
  @media (max-width: 40rem) {
    table, tbody, tr, td { display: block; } thead { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
    tr { border: 1px solid var(--line); border-radius: var(--round-m); background: var(--paper); padding: var(--gap-s) var(--gap-m); margin-block-end: var(--gap-s); }
    td { border: 0; padding: .15rem 0; }
  }
`;
