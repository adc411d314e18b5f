// A fact with its source and age; what is old is greyed and says so, in words and not by colour alone.

import { html, nothing } from "lit";

import { ago, has, t, word } from "./i18n.js";

/** A chip. `kind` "like" | "avoid" | "cool" | "" colours it, `label` is the list of words that fact.label belongs to. */
export function mark(fact, kind = "", label = "") {
  return html`<span class="chip ${kind} ${fact.stale ? "stale" : ""}" title=${origin(fact)}>
    ${label ? html`<span class="soft">${word(label, fact.label)}</span>` : nothing}<b>${valueOf(fact)}</b>
    ${fact.stale ? html`<span class="small">${ago(fact.observed_at)}</span>` : nothing}
    <span class="unseen">(${origin(fact)})</span>
  </span>`;
}

/** Brands are names and stay as they are; categories, colours and the one size are words of the catalogue. */
function valueOf(fact) {
  if (fact.label === "brand") return fact.value;
  const list = ["category", "colour", "size"].find((each) => has(`${each}.${fact.value}`));
  return list ? word(list, fact.value) : fact.value;
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
