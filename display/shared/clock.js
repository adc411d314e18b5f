// What time it is in the shop. A tablet's own clock may be an hour off; ages and minutes are told by the store's.

// Below this the tablet's own clock is better than an estimate that lags by as long as a card was under way.
const TOLERATED_S = 90;
let skewS = null;

/** The store said that it was `instantS` (unix seconds) a moment ago. */
export function hear(instantS) {
  const found = instantS - Date.now() / 1000;
  // A message can only be late, so the largest is the best; far below it, somebody has set the tablet's clock.
  if (skewS === null || found > skewS || found < skewS - TOLERATED_S) skewS = found;
}

/** Unix seconds. */
export function nowS() {
  const own = Date.now() / 1000;
  return skewS !== null && Math.abs(skewS) > TOLERATED_S ? own + skewS : own;
}
