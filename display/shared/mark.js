// A fact with its source and age; what is old is greyed and says so, in words and not by colour alone.

import { html, nothing } from "lit";

import { ago, t, word } from "./i18n.js";

/** A chip. `kind` "like" | "avoid" | "" colours it, `list` names the words of value or label in the catalogue. */
export function mark(fact, kind = "", { label = "", value = "" } = {}) {
  const said = value ? word(value, fact.value) : fact.value;
  return html`<span class="chip ${kind} ${fact.stale ? "stale" : ""}" title=${origin(fact)}>
    ${label ? html`<span class="soft">${word(label, fact.label)}</span>` : nothing}<b>${said}</b>
    ${fact.stale ? html`<span class="small">${ago(fact.observed_at)}</span>` : nothing}
    <span class="unseen">(${origin(fact)})</span>
  </span>`;
}

/** "aus dem Webshop, vor 3 Tagen" */
export function origin(fact) {
  return t("mark.origin", { source: t(`source.${fact.source}`), age: ago(fact.observed_at) });
}

/** The youngest and the oldest of several facts in one line. */
export function ages(facts) {
  const sources = [...new Set(facts.map((fact) => t(`source.${fact.source}`)))].join(", ");
  return facts.length ? t("mark.origin", { source: sources, age: ago(Math.max(...facts.map((fact) => fact.observed_at))) }) : "";
}
