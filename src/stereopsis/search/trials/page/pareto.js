// Draws the trials, and shows the one under the pointer or the keyboard's focus.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const plot = document.getElementById("plot");
const box = { left: 64, right: 708, top: 12, bottom: 392 };
const marks = new Map(); // of each trial's key, the dots and rows that stand for it
let kept = null;

function svg(parent, name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return parent.appendChild(made);
}

function element(parent, name, text) {
  const made = parent.appendChild(document.createElement(name));
  if (text !== undefined) made.textContent = text;
  return made;
}

function short(number) {
  const size = Math.abs(number);
  for (const [unit, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (size >= unit) return Number((number / unit).toPrecision(4)) + letter;
  }
  return String(Number(number.toPrecision(4)));
}

// A scale from values to places, with round values to mark.
function scale(values, from, to, wide) {
  const bend = wide ? Math.log10 : (value) => value;
  const low = bend(Math.min(...values)), high = bend(Math.max(...values));
  const margin = (high - low || Math.abs(low) || 1) * 0.06;
  const start = low - margin, span = high - low + 2 * margin;
  const place = (value) => from + ((bend(value) - start) / span) * (to - from);
  return { place, ticks: (wide ? powers : rounds)(start, start + span) };
}

function rounds(start, end) {
  const rough = (end - start) / 6, unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((factor) => unit * factor >= rough);
  const first = Math.ceil(start / step), count = Math.floor(end / step) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

function powers(start, end) {
  const ticks = [];
  for (let power = Math.floor(start); power <= end; power++) {
    for (const factor of [1, 2, 5]) ticks.push(factor * 10 ** power);
  }
  return ticks.filter((tick) => Math.log10(tick) >= start && Math.log10(tick) <= end);
}

function drawAxes(x, y) {
  for (const tick of x.ticks) {
    const at = x.place(tick);
    svg(plot, "line", { class: "grid", x1: at, x2: at, y1: box.top, y2: box.bottom });
    svg(plot, "text", { x: at, y: box.bottom + 18, "text-anchor": "middle" }, short(tick));
  }
  for (const tick of y.ticks) {
    const at = y.place(tick);
    svg(plot, "line", { class: "grid", x1: box.left, x2: box.right, y1: at, y2: at });
    svg(plot, "text", { x: box.left - 8, y: at + 4, "text-anchor": "end" }, short(tick));
  }
  const middle = (box.left + box.right) / 2;
  svg(plot, "text", { x: middle, y: box.bottom + 38, "text-anchor": "middle" }, data.cost);
  const turned = `translate(14 ${(box.top + box.bottom) / 2}) rotate(-90)`;
  svg(plot, "text", { transform: turned, "text-anchor": "middle" }, "score");
}

function drawPoints(points, front) {
  const x = scale(points.map((point) => point.cost), box.left, box.right, data.wide);
  const y = scale(points.map((point) => point.score), box.bottom, box.top, false);
  drawAxes(x, y);
  const corners = front.map((p, i) => `${i ? "H" : "M"}${x.place(p.cost)}${i ? "V" : " "}${y.place(p.score)}`);
  svg(plot, "path", { class: "steps", d: corners.join("") });
  for (const point of [...points].sort((a, b) => a.best - b.best)) {
    const dot = svg(plot, "circle", {
      class: point.best ? "dot best" : "dot", cx: x.place(point.cost), cy: y.place(point.score),
      r: point.best ? 6 : 5, tabindex: 0, role: "button", "data-key": point.key,
      "aria-label": `score ${short(point.score)}, ${data.cost} ${short(point.cost)}`,
    });
    listen(dot, point);
  }
}

function listen(mark, point) {
  marks.set(point.key, [...(marks.get(point.key) ?? []), mark]);
  mark.addEventListener("pointerenter", () => show(point));
  mark.addEventListener("focus", () => show(point));
  mark.addEventListener("pointerleave", () => kept && show(kept));
  mark.addEventListener("click", () => show((kept = point)));
}

function show(point) {
  document.querySelectorAll(".shown").forEach((mark) => mark.classList.remove("shown"));
  marks.get(point.key).forEach((mark) => mark.classList.add("shown"));
  const panel = document.getElementById("trial");
  panel.replaceChildren();
  element(panel, "h2", `score ${short(point.score)}`);
  const list = element(panel, "dl");
  const figures = Object.entries(point.costs).map(([name, value]) => [name, short(value)]);
  const facts = [["seconds", short(point.seconds)], ["worker", point.worker], ["key", point.key]];
  for (const [name, text] of [...figures, ...Object.entries(point.settings), ...facts]) {
    element(list, "dt", name);
    element(list, "dd", text);
  }
  if (point.curve.length > 1) drawCurve(panel, point.curve);
}

function drawCurve(panel, curve) {
  const low = Math.min(...curve), span = Math.max(...curve) - low || 1;
  const frame = svg(panel, "svg", {
    class: "curve", viewBox: "0 0 100 40", preserveAspectRatio: "none", role: "img",
    "aria-label": `The score over ${curve.length} epochs`,
  });
  const at = (score, i) => `${(100 * i) / (curve.length - 1)},${38 - (36 * (score - low)) / span}`;
  svg(frame, "polyline", { points: curve.map(at).join(" ") });
}

function fillTable(front) {
  const names = [...new Set(front.flatMap((point) => Object.keys(point.settings)))].sort();
  const head = element(document.querySelector("#front thead"), "tr");
  for (const name of [data.cost, "score", ...names]) element(head, "th", name);
  for (const point of front) {
    const row = element(document.querySelector("#front tbody"), "tr");
    const settings = names.map((name) => point.settings[name] ?? "");
    for (const text of [short(point.cost), short(point.score), ...settings]) element(row, "td", text);
    listen(row, point);
  }
}

const front = data.points.filter((point) => point.best).sort((a, b) => a.cost - b.cost);
if (data.points.length) drawPoints(data.points, front);
else svg(plot, "text", { x: 360, y: 220, "text-anchor": "middle" }, "No trial is done yet.");
fillTable(front);
