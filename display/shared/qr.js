// A QR code drawn by the page, for addresses that only the page knows: byte mode, error correction M, versions 1 to 6
// (up to 106 bytes; an address on a screen is shorter). After ISO/IEC 18004; a test compares it with another encoder.

import { html, svg } from "lit";

// [data codewords per block, blocks, error correction codewords per block], level M, versions 1..6
const VERSIONS = [[16, 1, 10], [28, 1, 16], [44, 1, 26], [32, 2, 18], [43, 2, 24], [27, 4, 16]];
const MASKS = [
  (r, c) => (r + c) % 2 === 0, (r) => r % 2 === 0, (r, c) => c % 3 === 0, (r, c) => (r + c) % 3 === 0,
  (r, c) => (Math.floor(r / 2) + Math.floor(c / 3)) % 2 === 0, (r, c) => ((r * c) % 2) + ((r * c) % 3) === 0,
  (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2 === 0, (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2 === 0,
];

/** An svg of `text` with its quiet zone, named `label`; nothing drawn when the text is too long. */
export function qr(text, label) {
  const code = encode(text);
  if (!code) return html``;
  const size = code.rows.length + 8;
  const path = code.rows.flatMap((row, r) => row.map((dark, c) => (dark ? `M${c + 4} ${r + 4}h1v1h-1z` : ""))).join("");
  return html`<svg viewBox="0 0 ${size} ${size}" role="img" aria-label=${label} shape-rendering="crispEdges">${svg`<rect width=${size} height=${size} fill="#fff"></rect><path d=${path} fill="#1d1713"></path>`}</svg>`;
}

/** {rows: boolean[][], version, mask}, or null when the text needs more than version 6. */
export function encode(text) {
  const bytes = [...new TextEncoder().encode(text)];
  const index = VERSIONS.findIndex(([data, blocks]) => bytes.length + 2 <= data * blocks);
  if (index < 0) return null;
  const version = index + 1;
  const bits = interleaved(bytes, VERSIONS[index]).flatMap((byte) => toBits(byte, 8));
  const drawn = MASKS.map((mask, number) => {
    const rows = placed(version, bits, mask);
    drawFormat(rows, number);
    return { rows: rows.map((row) => row.map((cell) => cell.dark)), version, mask: number };
  });
  return drawn.reduce((best, next) => (penalty(next.rows) < penalty(best.rows) ? next : best));
}

const toBits = (value, length) => Array.from({ length }, (_, index) => (value >> (length - 1 - index)) & 1);

function interleaved(bytes, [size, blocks, correction]) {
  const bits = [0, 1, 0, 0, ...toBits(bytes.length, 8), ...bytes.flatMap((byte) => toBits(byte, 8)), 0, 0, 0, 0];
  const data = [];
  for (let at = 0; at + 8 <= bits.length; at += 8) data.push(Number.parseInt(bits.slice(at, at + 8).join(""), 2));
  for (let pad = 0; data.length < size * blocks; pad += 1) data.push(pad % 2 ? 0x11 : 0xec);
  const parts = Array.from({ length: blocks }, (_, block) => data.slice(block * size, (block + 1) * size));
  const checks = parts.map((part) => remainder(part, correction));
  const across = (lists) => lists[0].flatMap((_, position) => lists.map((list) => list[position]));
  return [...across(parts), ...across(checks)];
}

function remainder(data, length) {
  let generator = [1];
  for (let power = 0; power < length; power += 1) {
    const next = [...generator, 0];
    generator.forEach((value, index) => { next[index + 1] ^= times(value, exponent(power)); });
    generator = next;
  }
  const rest = [...data, ...Array(length).fill(0)];
  data.forEach((_, at) => {
    const factor = rest[at];
    generator.forEach((value, index) => { rest[at + index] ^= times(value, factor); });
  });
  return rest.slice(data.length);
}

function times(one, other) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((other >> bit) & 1) * one);
  return product;
}

function exponent(power) {
  let value = 1;
  for (let step = 0; step < power; step += 1) value = times(value, 2);
  return value;
}

function placed(version, bits, mask) {
  const rows = empty(version);
  const size = rows.length;
  let next = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const row = upward(right, size) ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        const cell = rows[row][column];
        if (cell.fixed) continue;
        cell.dark = Boolean((bits[next] ?? 0) ^ mask(row, column));
        next += 1;
      }
    }
  }
  return rows;
}

/** Columns are read in pairs from the right, the first pair upwards, then in turns; the timing column does not count. */
function upward(right, size) {
  const pair = right > 6 ? (size - 1 - right) / 2 : (size - 2 - right) / 2;
  return pair % 2 === 0;
}

function empty(version) {
  const size = 17 + 4 * version;
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => ({ dark: false, fixed: false })));
  const set = (r, c, dark) => { if (rows[r]?.[c]) rows[r][c] = { dark, fixed: true }; };
  for (const [top, left] of [[0, 0], [0, size - 7], [size - 7, 0]]) {
    for (let r = -1; r < 8; r += 1) for (let c = -1; c < 8; c += 1) {
      const ring = Math.max(Math.abs(r - 3), Math.abs(c - 3));
      set(top + r, left + c, ring !== 2 && ring !== 4);
    }
  }
  if (version > 1) {
    const centre = size - 7;
    for (let r = -2; r <= 2; r += 1) for (let c = -2; c <= 2; c += 1) set(centre + r, centre + c, Math.max(Math.abs(r), Math.abs(c)) !== 1);
  }
  for (let at = 8; at < size - 8; at += 1) { set(6, at, at % 2 === 0); set(at, 6, at % 2 === 0); }
  for (const [r, c] of formatCells(size).flat()) rows[r][c].fixed = true;
  set(size - 8, 8, true);
  return rows;
}

/** The two places of each of the 15 format bits, most significant first. */
function formatCells(size) {
  const one = [[8, 0], [8, 1], [8, 2], [8, 3], [8, 4], [8, 5], [8, 7], [8, 8], [7, 8], [5, 8], [4, 8], [3, 8], [2, 8], [1, 8], [0, 8]];
  const other = [...Array.from({ length: 7 }, (_, at) => [size - 1 - at, 8]), ...Array.from({ length: 8 }, (_, at) => [8, size - 8 + at])];
  return [one, other];
}

function drawFormat(rows, mask) {
  let rest = mask << 10; // level M is 00
  for (let bit = 14; bit >= 10; bit -= 1) if ((rest >> bit) & 1) rest ^= 0x537 << (bit - 10);
  const bits = toBits(((mask << 10) | rest) ^ 0x5412, 15);
  for (const cells of formatCells(rows.length)) cells.forEach(([r, c], index) => { rows[r][c].dark = Boolean(bits[index]); });
}

/** Long runs, blocks and imbalance make a code hard to read; any mask is valid, the lowest sum reads best. */
function penalty(rows) {
  let sum = 0;
  const columns = rows[0].map((_, c) => rows.map((row) => row[c]));
  for (const line of [...rows, ...columns]) {
    for (const run of line.map((dark) => (dark ? "1" : "0")).join("").match(/0{5,}|1{5,}/g) ?? []) sum += run.length - 2;
  }
  for (let r = 1; r < rows.length; r += 1) for (let c = 1; c < rows.length; c += 1) {
    if (rows[r][c] === rows[r - 1][c] && rows[r][c] === rows[r][c - 1] && rows[r][c] === rows[r - 1][c - 1]) sum += 3;
  }
  const dark = rows.flat().filter(Boolean).length / rows.length ** 2;
  return sum + Math.floor(Math.abs(dark - 0.5) * 20) * 10;
}
